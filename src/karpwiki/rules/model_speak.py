"""Words in which a model speaks of itself, hands its work over, or leaves a gap.

## What it finds

In paragraphs, list items and headings:

- of itself: "As an AI language model, I …", "my knowledge cutoff", 作为一个语言模型，我…;
- handing over, at the start of a paragraph: "Certainly! Here is …", "Here is your summary", 以下是为您…; anywhere:
  "I hope this helps", "Would you like me to …", 希望以上内容对您有帮助;
- gaps: "[insert date]", "lorem ipsum dolor sit amet", and on a page of a known type "TODO: add …".

What stands between quotation marks, in italics, in a quotation, in code or in a footnote is somebody's word, and no
finding; nor is a page in a folder of templates, nor what stands under `## Notes`, where a person speaks to themself.

## Why it hurts

It says nothing about the subject, and shows that nobody read what a model wrote. The rest of such an answer deserves a
second look.

## Example

    Certainly! Here is your summary of the paper.

## Fix

None: take the words out, and check what they came with.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..findings import Finding
from ..pattern import pattern
from ..wiki import Block, Page
from . import Context
from ._text import screen

ID, NAME, SEVERITY, FIX = "S009", "model-speak", "warning", "none"
_THING = (
    "(?:page|article|summary|document|version|text|draft|markdown|note|translation|list|table|report|outline|answer)"
)
_ANYWHERE = pattern(
    r"\b(?:(?-i:As)|as(?= an AI\b)) an? (?:(?:large|AI|artificial intelligence|helpful) )*"
    r"(?:language model|AI|LLM|assistant|chatbot)\b"
    r"(?:,? (?:trained|developed|created|made|built) by \w+)?, (?:I|my)\b[^.\n]{0,30}|"
    r"\bI(?:['’]m| am) (?:just |only )?an? (?:AI|large) (?:language model|assistant)\b|"
    r"\bmy (?:knowledge|training)(?: data)? (?:cut-?off|update)\b|"
    r"\bas of my (?:last|latest|most recent) (?:knowledge |training )?(?:update|cut-?off)\b|"
    r"\bI hope (?:this|that) helps\b(?! (?:me|us)\b)|\bhope this helps[!.]|"
    r"\bwould you like me to \w+|\blet me know if you(?:['’]d| would) like me to \w+|"
    r"作为(?:一个|一名|一款)?(?:大型|大)?(?:人工智能|AI)?(?:语言模型|智能助手|AI助手)[，,]?\s?我[^。\n]{0,12}|"
    r"我的(?:知识|训练数据)(?:库)?截[止至]|截[止至]我的知识|希望(?:这|以上)[^。！\n]{0,12}对您有所?帮助",
    re.I,
)
_OPENING = pattern(
    r"(?:certainly|sure|of course|absolutely|understood)[!.,:] *(?:here(?:['’]s| is| are)|below is)\b[^.\n]{0,30}|"
    rf"certainly!|great question[!.]|here(?:['’]s| is| are) your (?:[\w-]+ ){{0,3}}{_THING}s?\b|"
    r"(?:here(?:['’]s| is)|below is) the (?:updated|revised|requested|rewritten|corrected|polished|improved) "
    rf"{_THING}\b|"
    r"(?:当然(?:可以)?|好的|没问题)[！!，,。]\s*(?:以下|下面)是[^。\n]{0,12}|"
    r"以下是(?:您|你|[为根据按照给]{1,2}[您你]|我[为给帮]|(?:修改|整理|更新|优化|润色|翻译|改写)后的)[^。\n]{0,12}",
    re.I,
)
_GAP = pattern(
    r"\\?\[(?:insert|your) [^\[\]\n\\]{1,60}\\?\](?![(\[:])|\blorem ipsum dolor sit amet\b|"
    r"\\?[\[【](?:在此|此处|请)?(?:插入|填写)[^\]】\n\\]{1,40}\\?[\]】]",
    re.I,
)
_TODO = pattern(r"\bTODO: (?:add|fill|insert|expand|complete|write)\b[^.\n]{0,30}", re.I)
# Each of these patterns has one of these, in small letters: what has none need not be searched.
_TRACES = (
    *(f"{a} {thing}" for a in ("as a", "as an") for thing in (
        "large ", "ai ", "artificial intelligence", "helpful ", "language model", "ai,", "llm", "assistant", "chatbot",
    )),
    *(f"{a} {size} {what}" for a in ("a", "an") for size in ("ai", "large") for what in (
        "language model", "assistant",
    )),
    "my knowledge ", "my training ", "of my last ", "of my latest ", "of my most recent ",
    "this helps", "that helps", "like me to ",
    *(f"作为{one}{what}" for one in ("", "一个", "一名", "一款") for what in (
        "大", "人工智能", "ai", "语言模型", "智能助手",
    )),
    *(f"我的{what}{base}截" for what in ("知识", "训练数据") for base in ("", "库")),
    "止我的知识", "至我的知识", "对您有",
    "[insert ", "[your ", "lorem ipsum dolor sit amet",
    *(f"{mark}{here}{verb}" for mark in "[【" for here in ("", "在此", "此处", "请") for verb in ("插入", "填写")),
)  # fmt: skip
_SMALL = tuple(trace.encode() for trace in _TRACES)
_OPENERS = (
    "certainly", "sure", "of course", "absolutely", "understood", "great question", "here", "below is the ",
    "当然", "好的", "没问题", "以下是",
)  # fmt: skip
_BEGINS = pattern(rf"\n[ \t]*[*_]*(?:{'|'.join(_OPENERS)})".encode())
MARKS = (
    *_TRACES, "todo:",
    *(f"{word}{mark}" for word in ("certainly", "sure", "of course", "absolutely", "understood") for mark in "!.,:"),
    "great question", *(f"{here} your " for here in ("here's", "here’s", "here is", "here are")),
    *(f"{here} the {made}" for here in ("here's", "here’s", "here is", "below is") for made in (
        "updated", "revised", "requested", "rewritten", "corrected", "polished", "improved",
    )),
    *(f"{word}{mark}" for word in ("当然", "当然可以", "好的", "没问题") for mark in "！!，,。"), "以下是",
)  # fmt: skip
# In quotation marks, in italics, in code, or in a quotation within a list.
_MENTIONED = pattern(
    r"(?<!`)(`{1,3})(?!`)[^`]{1,400}\1(?!`)|“[^”]{0,600}”|\"[^\"]{0,600}\"|‘[^’]{0,600}’|「[^」]{0,600}」|『[^』]{0,600}』|"
    r"«[^»]{0,600}»|(?<![\w*])\*(?![\s*])[^*\n]+\*(?![\w*])|(?<!\w)_(?![\s_])[^_\n]+_(?!\w)|"
    r"^[ \t]*>.*$|^[ \t]*(```|~~~)(?:.*\n)*?[ \t]*\2",
    re.M,
)


def check(ctx: Context) -> Iterator[Finding]:
    for page in ctx.suspected(NAME):
        for block in page.blocks:
            if block.kind not in ("paragraph", "item", "heading"):
                continue
            opens = block.kind == "paragraph" and block.text[:20].lower().lstrip("*_").startswith(_OPENERS)
            if opens or _has_trace(block.text):
                for line, words in dict.fromkeys(_spoken(ctx, page, block)):
                    yield Finding(ID, NAME, "warning", page.path, line, f"words that a model leaves behind: {words!r}")


def suspect(page: Page) -> bool:
    return _has_trace(page.text) or bool(_BEGINS.search(b"\n" + screen(page.text).small))


def _has_trace(text: str) -> bool:
    small = screen(text).small
    return any(trace in small for trace in _SMALL) or "TODO:" in text


def _spoken(ctx: Context, page: Page, block: Block) -> Iterator[tuple[int, str]]:
    """(line, words) of what a model says in a block, without what is only mentioned there."""
    if "template" in page.path.lower() or "模板" in page.path:
        return
    text = _MENTIONED.sub(lambda m: re.sub(r"[^\n]", " ", m[0]), block.text)
    found = [*_ANYWHERE.finditer(text), *_GAP.finditer(text)]
    if page.kind in ctx.settings.kinds:
        found += _TODO.finditer(text)
    if block.kind == "paragraph" and (opening := _OPENING.match(text, len(text) - len(text.lstrip("*_")))):
        found.append(opening)
    for m in found:
        yield block.line + text.count("\n", 0, m.start()), " ".join(m[0].split())[:60]
