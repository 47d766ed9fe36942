"""Evidence that was altered, on compiled pages, on source pages and in raw/: group G."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random

from karpwiki.markdown import block_hash
from karpwiki.names import claim_id

from .bed import Bed, Planter, insert

NOTE = re.compile(r"^\[\^([0-9a-v]{8}[b-z]?)\]: (.*)$", re.M)
_ANYWHERE = ("quote-not-in-raw", "claim-id-mismatch", "unknown-claim")
_HERE = (*_ANYWHERE, "page-out-of-date", "number-not-in-quote", "uncited-statement")


def chinese(path: str) -> bool:
    return not Path(path).stem.isascii()


def note_of(bed: Bed, path: str) -> re.Match[str]:
    """One of the footnotes of a page, by chance."""
    return bed.chance.choice(list(NOTE.finditer(bed.text(path))))


def altered(bed: Bed, path: str, note: re.Match[str], new: str, rule: str, told: str, defect: bool = True) -> None:
    """Write a footnote otherwise, and note it: what the page says of that claim is wrong in more than one way."""
    line = bed.swap(path, note[0], new)
    also = [(name, path) for name in _HERE if name != rule]
    if path.startswith("wiki/sources/"):  # other pages repeat it
        also += [(name, "wiki/*", f"[^{note[1]}]") for name in _ANYWHERE]
        also += [("page-out-of-date", "wiki/*"), ("index-out-of-date", "wiki/*")]
    bed.note(defect, path, line if defect else None, also, told)


Change = Callable[[str, Random], str]


def _word(quote: str, at: int, new: Callable[[str], str]) -> str:
    words = quote.split(" ")
    at = min(at, len(words) - 1)
    words[at] = new(words[at])
    return " ".join(w for w in words if w)


QUOTES: Sequence[Change] = (
    lambda q, r: _word(q, 1, lambda w: w + "s"),
    lambda q, r: _word(q, 2, lambda w: ""),
    lambda q, r: _word(q, 3, lambda w: f"{w} never"),
    lambda q, r: q[0].swapcase() + q[1:] if q[0].isascii() else "又" + q,
    lambda q, r: re.sub(r"\d+", lambda m: str(int(m[0]) + 1), q, count=1) if re.search(r"\d", q) else q + "1",
    lambda q, r: q.rstrip(".。") + "!",
    lambda q, r: q[: len(q) // 2] + "…",
    lambda q, r: "…" + q[len(q) // 2 :],
    lambda q, r: q[: len(q) // 3] + " […] " + q[2 * len(q) // 3 :],
    lambda q, r: " ".join(reversed(q.split(" "))) if " " in q else q[::-1],
    lambda q, r: "Never said by anybody at all.",
    lambda q, r: "没有人这样说过。",
    lambda q, r: q.replace("the", "teh", 1).replace("的", "地", 1) + "x",
    lambda q, r: q + " And more.",
    lambda q, r: q.replace(",", ";").replace("，", "；") + " ",
    lambda q, r: q.replace(" ", "", 1) if " " in q else q[:1] + "、" + q[1:],
    lambda q, r: q.upper() if q.upper() != q else q + "吗",
    lambda q, r: f"**{q}** (translated)",
)
NOTES: Sequence[Callable[[str, str], str]] = (
    lambda text, label: re.sub(r":(\d+)`", lambda m: f":{int(m[1]) + 1}`", text),
    lambda text, label: re.sub(r":(\d+)`", ":99999`", text),
    lambda text, label: re.sub(r":(\d+)`", ":0`", text),
    lambda text, label: re.sub(r"`([^`]+):", r"`nowhere/\1:", text),
    lambda text, label: re.sub(r"`([^`]+)\.md:", r"`\1.txt:", text),
    lambda text, label: "see the source",
    lambda text, label: text.replace("“", '"').replace("”", '"'),
    lambda text, label: re.sub(r"`", "", text),
    lambda text, label: re.sub(r":(\d+)`", "`", text),
    lambda text, label: text.replace("”", "", 1),
    lambda text, label: text.replace("“", "「").replace("”", "」"),
    lambda text, label: re.sub(r"“.*”", "“”", text),
)


def _quotes(bed: Bed) -> None:
    for n in range(20):
        path = bed.take("source" if n % 3 == 2 else "page", lambda p, zh=n % 4 == 1: chinese(p) == zh)  # type: ignore[misc]
        note = note_of(bed, path)
        quote = re.search("“(.*)”", note[2])
        assert quote
        change = QUOTES[n % len(QUOTES)]
        new = note[2].replace(quote[1], change(quote[1], bed.chance))
        altered(bed, path, note, f"[^{note[1]}]: {new}", "quote-not-in-raw", f"{n}: {new[:80]}")
    for n, change_ in enumerate(NOTES):
        path = bed.take("source" if n % 3 == 2 else "page")
        note = note_of(bed, path)
        new = change_(note[2], note[1])
        altered(bed, path, note, f"[^{note[1]}]: {new}", "quote-not-in-raw", f"{n}: {new[:80]}")
    for n in range(10):
        path = bed.take("source" if n % 3 == 2 else "page")
        note = note_of(bed, path)
        quote = re.search("“(.*)”", note[2])
        assert quote
        ways = [
            quote[1].replace(" ", "  "),
            quote[1].replace(" ", "\u00a0"),
            f" {quote[1]} ",
            quote[1].replace(" ", "\t"),
            quote[1].replace(",", "\\,"),
        ]
        new = note[2].replace(quote[1], ways[n % 5])
        altered(bed, path, note, f"[^{note[1]}]: {new}", "quote-not-in-raw", f"{n}: {new[:80]}", False)
    _own_notes(bed)


def _own_notes(bed: Bed) -> None:
    """Footnotes of a person's own, which prove no claim."""
    words = [
        "[^selected]: From a book.",
        "[^mine]: “Not in raw at all.”",
        "[^1]: `en/00000.md:3` “Never said.”",
        "[^detailed]: A note of mine.",
        "[^note-1]: 自己的注。“没有。”",
        "[^aaaaaaaa]: A site, https://example.org",
        "[^00000001]: a number",
        "[^x]: [[@stem]] “Words.”",
        "[^reviewed]: “Seen by me”",
        "[^12345678]: p. 12",
    ]
    for text in words:
        label = text[2 : text.index("]")]
        path, _ = insert(bed, f"My words.[^{label}]\n\n{text}", "hand")
        bed.near(path, told=text)


def _ids(bed: Bed) -> None:
    """Labels before the evidence of others."""
    for n in range(20):
        path = bed.take("source" if n % 3 == 2 else "page", lambda p, zh=n % 4 == 1: chinese(p) == zh)  # type: ignore[misc]
        notes = list(NOTE.finditer(bed.text(path)))
        note, other = bed.chance.sample(notes, 2)
        quote, there = re.search("“(.*)”", note[2]), re.search("“(.*)”", other[2])
        assert quote and there
        new = [
            f"[^{note[1]}]: {other[2]}",  # all of it from another claim
            f"[^{note[1]}]: {note[2].replace(quote[1], there[1])}",
            f"[^{note[1][:-1]}{'a' if note[1][-1] != 'a' else 'b'}]: {note[2]}",
            f"[^{note[1]}]: {re.sub('`[^`]+:', '`en/99999.md:', note[2])}",
            f"[^{note[1]}]: {note[2].replace(quote[1], quote[1][: len(quote[1]) // 2])}",
            f"[^{note[1]}]: {note[2].replace(quote[1], 'Something else.')}",
            f"[^{note[1][::-1]}]: {note[2]}",
        ][n % 7]
        label = new[2 : new.index("]")]
        line = bed.swap(path, note[0], new)
        also = [(name, path) for name in _HERE if name != bed.rule] + [("broken-link", path)]
        if path.startswith("wiki/sources/"):
            also += [(name, "wiki/*", f"[^{i}]") for name in _ANYWHERE for i in (note[1], label)]
            also += [(name, "wiki/*") for name in ("page-out-of-date", "index-out-of-date")]
        bed.bad(path, line, also, new[:90])
    for n in range(10):
        path = bed.take("page")
        note = note_of(bed, path)
        if n % 2:  # a person moves a footnote, and cites it once more
            bed.put(
                path,
                bed.text(path)
                .replace(note[0] + "\n", "", 1)
                .replace("\n\n<!-- karpwiki 1", f"\n{note[0]}\n\n<!-- karpwiki 1", 1),
            )
        else:
            text, at = bed.text(path), bed.text(path).index("\n## Sources")
            bed.put(path, f"{text[:at]}\nI saw that too.[^{note[1]}]\n{text[at:]}")
        bed.near(path, [("page-out-of-date", path)], note[1])
    _own_notes(bed)


def _unknown(bed: Bed) -> None:
    """A citation without its footnote, a footnote twice, one of a claim that is none, one of another source page."""
    for n in range(20):
        path = bed.take("page", lambda p, zh=n % 4 == 1: chinese(p) == zh)  # type: ignore[misc]
        note = note_of(bed, path)
        also = [("page-out-of-date", path)]
        how = n % 7
        if how == 0:  # the footnote is gone
            line = bed.swap(path, f"[^{note[1]}]", f"[^{note[1]}]")
            bed.put(path, bed.text(path).replace(note[0] + "\n", "", 1))
        elif how == 1:
            line = bed.swap(path, note[0] + "\n", f"{note[0]}\n{note[0]}\n")
        elif how == 2:  # words of raw that nobody made a claim of
            raw = re.search("`([^`]+):", note[2])
            assert raw
            title = bed.text(f"raw/{raw[1]}").split("\n")[0].removeprefix("# ")
            new = f"[^{claim_id(raw[1], title)}]: {note[2].split(' ', 1)[0]} “{title}” `{raw[1]}:1`"
            bed.swap(path, "\n## Sources\n", f"\nMine.[^{claim_id(raw[1], title)}]\n\n## Sources\n")
            line = bed.swap(path, note[0] + "\n", f"{note[0]}\n{new}\n") + 1
        elif how == 3:
            other = next(s for s in bed.pools["source"] if Path(s).stem not in note[2])
            line = bed.swap(path, note[0], re.sub(r"\]: \[\[[^\]]+\]\]", f"]: [[{Path(other).stem}]]", note[0]))
        elif how == 4:
            line = bed.swap(path, note[0], re.sub(r": \[\[[^\]]+\]\]", ": see", note[0]))
            also += [("quote-not-in-raw", path)]
        elif how == 5:  # a person cites what is not there
            bed.swap(path, "\n## Sources\n", "\nMine.[^nothere1]\n\n## Sources\n")
            line = bed.text(path).split("\n").index("Mine.[^nothere1]") + 1
        else:
            line = bed.swap(path, note[0], re.sub(r":(\d+)`", lambda m: f":{int(m[1]) + 7}`", note[0]))
            also += [("quote-not-in-raw", path)]
        bed.bad(path, line, also, f"{how}: {note[0][:60]}")
    for n in range(10):
        path = bed.take("page")
        note = note_of(bed, path)
        words = [
            "`[^nothere1]` is code",
            "\\[^nothere1] is shown",
            f"Mine.[^{note[1]}]",
            "Mine.[^own]\n\n[^own]: My note.",
            "```text\n[^nothere1]\n```",
        ][n % 5]
        bed.swap(path, "\n## Sources\n", f"\n{words}\n\n## Sources\n")
        bed.near(path, [("page-out-of-date", path)] if n % 5 in (2, 3) else [], words)
    for n in range(10):
        words = [
            "Mine.[^nothere1]",
            "Mine.[^a][^b]",
            "[^late]: A note that nobody cites",
            "x[^2]\n\n[^2]: two",
            "- 文字[^注]",
        ][n % 5]
        path, _ = insert(bed, words, "hand")
        bed.near(path, told=words)


_PARAGRAPH = re.compile(r"^(?!\[\^|[#|<>-])[^\n]+\[\^[0-9a-v]{8}[b-z]?\]$", re.M)


_LEADS = (("page-out-of-date", "wiki/*"), ("index-out-of-date", "wiki/*"))
"""What a page begins with is shown by others, and by the indexes."""


def _uncited(bed: Bed) -> None:
    """As if karpwiki had written it: the closing comment knows the block."""
    adds = (
        " They always were.",
        " And so on",
        " 一直如此。",
        " **Always** so.",
        " They were, as [[@stem]] says.",
        " (So they say.)",
        "\nAnd more.",
        " `code` too",
        " 1,000 of them.",
        " Who knows?",
    )
    for n in range(20):
        path = bed.take("page", lambda p, zh=n % 4 == 1: chinese(p) == zh)  # type: ignore[misc]
        block = bed.chance.choice(list(_PARAGRAPH.finditer(bed.text(path))))[0]
        ids = ",".join(dict.fromkeys(re.findall(r"\[\^(\w+)\]", block)))
        add = adds[n % len(adds)].replace("@stem", bed.chance.choice(bed.stems))
        new = [
            block + add,
            f"- {block}{add}",
            f"> {block}{add.strip()}".replace("\n", "\n> "),
            f"| A | B |\n| --- | --- |\n| x | y{'' if n % 2 else ' z'} |\n| {block} | |",
        ][n // 5]
        line = bed.swap(path, block, new)
        bed.swap(path, f"{block_hash(block)}:{ids}", f"{block_hash(new)}:{ids}")
        bed.bad(path, range(line, line + new.count("\n") + 1), _LEADS, new[:40] + "…" + add)
    for n in range(20):
        path = bed.take("page", lambda p, zh=n % 4 == 1: chinese(p) == zh)  # type: ignore[misc]
        block = bed.chance.choice(list(_PARAGRAPH.finditer(bed.text(path))))[0]
        ids = ",".join(dict.fromkeys(re.findall(r"\[\^(\w+)\]", block)))
        how = n % 5
        new = [
            f"{block}\n\nMine, and cited by nothing.",
            f"{block} Changed by me.",
            f"- {block}",
            f"### A heading\n\n{block}",
            f"{block}\n\n```text\ncode\n```",
        ][how]
        bed.swap(path, block, new)
        if how == 2:
            bed.swap(path, f"{block_hash(block)}:{ids}", f"{block_hash(new)}:{ids}")
        bed.near(path, _LEADS, new[-40:])


NUMBER = re.compile(r"^- (?P<words>[^\n]*?(?<!\d)(?P<n>\d{2,4})(?!\d)[^\n]*?)\[\^(?P<id>\w+)\](?P<tail>[^\n]*)$", re.M)
_WORDS = {2: "two", 3: "three", 7: "seven", 10: "ten", 12: "twelve", 20: "twenty", 58: "fifty-eight"}


def _numbers(bed: Bed) -> None:
    """Words of claims that say other numbers than their quotes."""

    def claim(path: str) -> re.Match[str]:
        return bed.chance.choice(list(NUMBER.finditer(bed.text(path))))

    def also(path: str) -> list[tuple[str, ...]]:
        return [("page-out-of-date", "wiki/*"), ("index-out-of-date", "wiki/*")]

    for n in range(24):
        path = bed.take("source", lambda p, zh=n % 6 == 1: chinese(p) == zh)  # type: ignore[misc]
        found = claim(path)
        words, tail = found["words"], found["tail"]
        number = int(found["n"])
        new = [
            words.replace(found["n"], str(number + 1), 1),
            words.replace(found["n"], f"{number}0", 1),
            words.replace(found["n"], found["n"][::-1] + "9", 1),
            f"{words} It has 777 parts.",
            f"{words} In 1633 it was new.",
            f"{words} (5 %)",
            words.replace(found["n"], f"{number}.5", 1),
            words.replace(found["n"], f"{number},000", 1),
            f"{words} That is 33 times more.",
            f"{words} 共有九千个。",
            words.replace(found["n"], f"{number}万", 1),
            f"{words} (as of 1633-05)",
            f"{words} (as of 1633)",
            f"{words} 那里有一千九百个。",
            f"{words} On 31 December.",
            words.replace(found["n"], f"-{number + 5}", 1),
        ]
        if n >= 20:  # a figure of the footnote
            note = next(m for m in NOTE.finditer(bed.text(path)) if m[1] == found["id"])
            figure = ["founded = 1633 (year)", "parts = 777", "share = 55 (%)", "数量 = 九千 (件)"][n - 20]
            line = bed.swap(path, note[0], f"{note[0]} · {figure}")
            bed.bad(path, line, also(path), figure)
        else:
            line = bed.swap(path, found[0], f"- {new[n % 16]}[^{found['id']}]{tail}")
            bed.bad(path, line, also(path), new[n % 16][-60:])
    for n in range(20):
        path = bed.take("source", lambda p, zh=n % 6 == 1: chinese(p) == zh)  # type: ignore[misc]
        found = claim(path)
        words, number = found["words"], int(found["n"])
        new = [
            words.replace(found["n"], f"{number:04}", 1),
            words.replace(found["n"], f"{number}.0", 1),
            f"{words} Nobody counts them.",
            f"**Indeed** {words}",
            words.replace(found["n"], "many", 1),
            f"{words} {number} of them.",
            words.replace(found["n"], f"{number:,}", 1),
            f"{words} (hedged)",
            words.replace(found["n"], f"{number}", 1) + " 就是这样。",
            f"{words} (said by Somebody)",
            f"{words} Nineteen of them.",
        ]
        bed.swap(path, found[0], f"- {new[n % 11]}[^{found['id']}]{found['tail']}")
        bed.near(path, also(path), new[n % 11][-60:])


def _raw_of(bed: Bed, path: str) -> Path:
    found = re.search(r"^sources: \[(.*)\]$", bed.text(path), re.M)
    assert found
    return bed.root / "raw" / found[1]


def _raw_changed(bed: Bed) -> None:
    changes: Sequence[Callable[[bytes], bytes]] = (
        lambda b: b + b"\nOne more line.\n",
        lambda b: b.replace(b"\n", b"\r\n"),
        lambda b: b"\xef\xbb\xbf" + b,
        lambda b: b[:-1],
        lambda b: b[: len(b) // 2],
        lambda b: b.decode().encode("utf-16"),
        lambda b: b"",
        lambda b: b.replace(b"the", b"teh", 1) + b" ",
        lambda b: b + b" ",
        lambda b: b"\n" + b,
        lambda b: b.upper() + b"!",
        lambda b: b"---\ntitle: x\n---\n" + b,
        lambda b: b.replace(b"\n\n", b"\n"),
        lambda b: b + b"\0",
        lambda b: b.replace(b"# ", b"## ", 1),
        lambda b: b"\n".join(reversed(b.split(b"\n"))) + b"x",
        lambda b: b + b"\n\n[^1]: note\n",
        lambda b: b.replace(b".", b"!") + b"?",
        lambda b: b.replace(b"1", b"2") + b"2",
        lambda b: b * 2,
    )
    for n, change in enumerate(changes):
        path = bed.take("source", lambda p, zh=n % 5 == 1: chinese(p) == zh)  # type: ignore[misc]
        file = _raw_of(bed, path)
        file.write_bytes(change(file.read_bytes()))
        raw = file.relative_to(bed.root / "raw").as_posix()
        # Where a quote is gone or has moved, every page that shows it says so.
        also = [
            ("quote-not-in-raw", "wiki/*", f"raw/{raw}"),
            ("quote-not-in-raw", "wiki/*", "the quote stands in line"),
            ("number-not-in-quote", path),
        ]
        bed.bad(path, None, also, f"{n} {raw}")
    for n in range(20):
        path = bed.take("source", lambda p, zh=n % 5 == 1: chinese(p) == zh)  # type: ignore[misc]
        file = _raw_of(bed, path)
        data = file.read_bytes()
        if n % 4 == 0:
            file.write_bytes(data)
        elif n % 4 == 1:
            file.chmod(0o444)
        elif n % 4 == 2:
            bed.put(f"raw/assets/{file.name}", data + b"x")
        else:
            bed.put(path, bed.text(path).replace("sha256: [", "sha256:   [  ").replace("]\n---", " ]\n---"))
        bed.near(path, [("page-out-of-date", path)] if n % 4 == 3 else [], str(n % 4))


def _missing(bed: Bed) -> None:
    for n in range(20):
        path = bed.take("source", lambda p, zh=n % 5 == 1: chinese(p) == zh)  # type: ignore[misc]
        file = _raw_of(bed, path)
        raw = file.relative_to(bed.root / "raw").as_posix()
        loose = []
        if n % 5 < 2:
            file.unlink()
        else:
            new = [file.with_name(f"renamed-{n}.md"), bed.root / f"raw/deep/er/{file.name}", file.with_suffix(".txt")][
                n % 5 - 2
            ]
            new.parent.mkdir(parents=True, exist_ok=True)
            file.rename(new)
            loose = [("uncompiled-raw", new.relative_to(bed.root).as_posix())]
        bed.bad(path, None, [*loose, ("page-out-of-date", "wiki/*"), ("index-out-of-date", "wiki/*")], f"{n % 5} {raw}")
    for n in range(20):
        if n % 4 == 0:
            path = bed.take("hand")
            bed.swap(path, "sources: []", "sources: [nowhere/at-all.md]")
        elif n % 4 == 1:
            path = bed.take("source")
            bed.put(path, re.sub(r"^sources: \[(.*)\]$", r'sources: ["\1"]', bed.text(path), flags=re.M))
        elif n % 4 == 2:
            path = bed.take("source")
            bed.put(path, re.sub(r"^sources: \[(.*)\]$", r"sources:\n- \1", bed.text(path), flags=re.M))
        else:
            path, _ = insert(bed, f"raw/nowhere-{n}.md was lost; see `nowhere-{n}.md:3`.")
        bed.near(path, told=str(n % 4))


def _uncompiled(bed: Bed) -> None:
    names = (
        "new.md",
        "new.txt",
        "2026/deep/er/new.md",
        "新资料.md",
        "UPPER.MD",
        "with space.md",
        "page.html",
        "table.csv",
        "talk.srt",
        "a.pdf",
        "b.json",
        "noending",
        "x.y.z.md",
        "(1).md",
        "é.md",
        "notes/x.org",
        "notes/keep.md",
        "assets2/a.md",
        "en/assets/a.md",
        "zh/新.txt",
    )
    for name in names:
        bed.put(f"raw/{name}", f"# {name}\n\nWords of {name}.\n")
        bed.bad(f"raw/{name}", None, told=name)
    bed.put(".karpignore", "private/\n*.tmp\n!keep.tmp.md\n/drafts/**\nsecret*.md\n秘密/\n")
    ignored = (
        "private/a.md",
        "private/b/c.md",
        "x.tmp",
        "deep/x.tmp",
        "drafts/a.md",
        "drafts/b/c.txt",
        "secret.md",
        "deep/secret-2.md",
        "秘密/a.md",
        "deep/private/a.md",
    )
    for name in (
        *ignored,
        "assets/a.png",
        "assets/deep/b.md",
        ".hidden.md",
        ".git2/a.md",
        "en/.DS_Store",
        ".obsidian/x.md",
        "assets/图.png",
        ".a/b/c.md",
        "en/.x.md",
        "assets/.y",
    ):
        bed.put(f"raw/{name}", f"Words of {name}.")
        bed.near(f"raw/{name}", told=name)
    bed.plants.append(
        bed.plants[-1].__class__(
            bed.rule, "wiki/index.md", None, False, (("index-out-of-date", "wiki/index.md"),), "the coverage"
        )
    )


PLANTERS = (
    Planter("quote-not-in-raw", "evidence", _quotes),
    Planter("claim-id-mismatch", "evidence", _ids),
    Planter("unknown-claim", "evidence 2", _unknown),
    Planter("uncited-statement", "evidence 2", _uncited),
    Planter("number-not-in-quote", "sources", _numbers),
    Planter("raw-changed", "raw", _raw_changed),
    Planter("source-missing", "raw 2", _missing),
    Planter("uncompiled-raw", "raw", _uncompiled),
)
