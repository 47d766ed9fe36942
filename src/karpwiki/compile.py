"""Page by page: claims and present statements → a form from the model → checked → blocks of Markdown.

Nothing that a check refuses is published; nothing that a page must say is lost: a claim that the model did not place
is appended as it stands, and the page is listed as unpolished until it is asked for again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

from .calls import Calls
from .changes import Plan, Step
from .check import Evidence, check, sound
from .compose import compose, words_of
from .errors import Interrupted, ModelError, Refused, UnderWay
from .extract import read_text
from .forms import FormBlock, FormSection, FormStatement, OldStatement, PageClaim, PageForm, PageInput
from .frame import Frame
from .guests import text_blocks
from .hands import deleted_claims, is_ours
from .inert import unescape
from .llm import Answer, Request, Talk, again
from .markdown import statements
from .marks import Marks
from .models.excerpt_pages import page as excerpt_page
from .nouns import Claim, Statement, Tension
from .plain import visible
from .plan import Shelf, chosen, origin
from .prompts import request
from .resolve import Names
from .wiki import REFUSED, Block, Page, State, Wiki

EMPTY = PageForm(lead=[], sections=[], tensions=[], reading=[], left_out=[])


@dataclass(frozen=True, slots=True)
class Text:
    """The text of one page: its blocks, what the state says of it, the tensions found in it."""

    blocks: tuple[Block, ...]
    state: State
    tensions: tuple[Tension, ...] = ()
    problem: str = ""
    """Why it is unpolished, or ''."""


@dataclass(frozen=True, slots=True)
class _Page:
    """One step with what its answer is held against."""

    step: Step
    inputs: PageInput
    ids: Mapping[str, str]
    """Label → claim id."""
    evidence: Evidence
    kept: Mapping[int, Statement]
    """The old statements that may be kept."""
    old: Page | None = None

    @property
    def kept_labels(self) -> dict[int, tuple[str, ...]]:
        return {o.number: o.labels for o in self.inputs.old}


def page_requests(root: Path, frame: Frame, shelf: Shelf, plan: Plan) -> list[tuple[Step, Request]]:
    """What a compile asks first for each page of a plan that is asked for."""
    asked = [step for step in plan.steps if step.claims]
    pages = [_page(step, frame, shelf.old.get(frame.subjects[step.path].slug)) for step in asked]
    return [(page.step, request(root, frame.settings, page.inputs)) for page in pages]


def compile_pages(root: Path, frame: Frame, shelf: Shelf, plan: Plan, calls: Calls) -> dict[str, Text]:
    """The text of every page of a plan, by slug. A page whose answer is refused twice gets its claims as they stand.

    Pages that a person's Ctrl-C left without an answer, or that a batch is asked for, are not among them.
    """
    settings = frame.settings
    subjects = frame.subjects
    pages = [_page(step, frame, shelf.old.get(subjects[step.path].slug)) for step in plan.steps if step.claims]
    made = {}
    asked = [page for page in pages if not _stays(page, calls)]
    talks = (_phrased(page, request(root, settings, page.inputs)) for page in asked)
    for n, (answer, recipe) in sorted(calls.converse(talks)):
        if not isinstance(answer.result, Interrupted | UnderWay):
            subject = subjects[asked[n].step.path]
            made[subject.slug] = _text(asked[n], answer, frame, shelf.old.get(subject.slug), recipe)
    for page in pages:
        if page.old and page.old.state and _stays(page, calls):
            why = f"{page.old.state.model} phrased it; its new claims stand as they are until such a model is used"
            made[subjects[page.step.path].slug] = _unphrased(page, frame, page.old, why)
    for step in plan.steps:
        if not step.claims:  # a person's words cite all there is
            old = shelf.old.get(subjects[step.path].slug)
            made[subjects[step.path].slug] = Text(
                (), _state(frame, step.path, old.state.by if old and old.state else "")
            )
    return made


def _stays(page: _Page, calls: Calls) -> bool:
    """Whether a page keeps the words of a better model than the embedded one, which only adds to them."""
    better = page.old is not None and page.old.state is not None and page.old.state.is_better
    return better and bool(page.kept) and calls.team.of("page").name == "excerpt"


def _phrased(page: _Page, asked: Request) -> Talk[tuple[Answer, str]]:
    """The answer for a page, asked once more with what a check finds wrong, and its recipe."""
    [answer] = yield [asked]
    problems = _problems(page, answer)
    if problems:
        [second] = yield [again(asked, problems)]
        answer = second if isinstance(second.result, PageForm) else answer
    return answer, asked.recipe


def _page(step: Step, frame: Frame, old: Page | None) -> _Page:
    names = frame.names
    subject = frame.subjects[step.path]
    ids = {f"c{n}": i for n, i in enumerate(step.claims, 1)}
    labels = {i: label for label, i in ids.items()}
    kept = _old_statements(old, labels, names)
    before = (
        {i for cites in old.state.blocks.values() for i in cites} if old and old.state and old.state.origin else set()
    )
    claims = []
    for label, i in ids.items():
        claim, source = names.claims[i]
        others = tuple(s.title for s in names.about[i] if s.slug != subject.slug)
        claims.append(
            PageClaim(
                label=label,
                id=i,
                text=claim.text,
                quote=claim.quote.text,
                source=claim.heading if source.bundle else source.title,
                date=source.date_of(claim),
                credibility=claim.basis or source.part_of(claim).credibility,
                voice=claim.voice,
                said_by=claim.said_by,
                as_of=claim.as_of,
                heading=claim.heading,
                others=others,
                key=claim.key,
                new=bool(before) and i not in before,
            )
        )
    size = sum(len(c.text.encode()) for c in claims)  # a Chinese character says as much as three letters
    inputs = PageInput(
        subject.title, subject.kind, subject.gloss, subject.names[1:], frame.settings.language,
        max(900, round(size * 0.9)), tuple(claims),
        tuple(OldStatement(n, section, " ".join(s.words), tuple(labels[i] for i in s.claims))
              for n, (section, s) in enumerate(kept, 1)),
    )  # fmt: skip
    evidence = Evidence({label: (*names.claims[i], names.about[i]) for label, i in ids.items()})
    return _Page(step, inputs, ids, evidence, {n: s for n, (_, s) in enumerate(kept, 1)}, old)


def _old_statements(old: Page | None, labels: Mapping[str, str], names: Names) -> list[tuple[str, Statement]]:
    """(section, statement) of the present page that may be kept; none when a claim that its model saw is gone.

    Of two sides of a merge none is kept: neither was made from all claims.
    """
    if old is None or old.state is None or not old.state.origin:
        return []
    known = {i for ids in (*old.state.blocks.values(), old.state.left) for i in ids} - (
        deleted_claims(old) & names.claims.keys()
    )
    if not known <= set(labels) | {i for b in old.blocks if not is_ours(old, b) for i in b.cites}:
        return []
    found, section = [], ""
    for block in text_blocks(old):
        if block.kind == "heading":
            section = unescape(block.text.lstrip("# "))
        elif block.kind in ("paragraph", "item") and is_ours(old, block):
            for s in statements(block.text):
                if s.claims and all(i in labels for i in s.claims):
                    found.append((section, Statement(words_of(s.words[0]), s.claims)))
    return found


def _problems(page: _Page, answer: Answer) -> list[str]:
    if not isinstance(answer.result, PageForm):
        return []
    return check(answer.result, page.evidence, page.kept_labels, page.inputs.budget)


def _text(page: _Page, answer: Answer, frame: Frame, old: Page | None, recipe: str) -> Text:
    """The page's text from the model's last answer: what stands of it, and the claims that it did not place."""
    form = answer.result if isinstance(answer.result, PageForm) else None
    problem = str(answer.result) if isinstance(answer.result, ModelError) else ""
    if form is None and page.kept:
        return _unphrased(page, frame, old, problem, refused=answer.model if isinstance(answer.result, Refused) else "")
    form = excerpt_page(page.inputs) if form is None else sound(form, page.evidence, page.kept_labels)
    lost = [c for c in page.ids if c not in _placed(form, page)]
    if lost and not problem:
        problem = f"{len(lost)} claims were not placed by the model and stand as they are"
    form = _with_lost(form, page, lost)

    def resolve(made: FormStatement) -> Statement:
        base = page.kept[made.keep] if made.keep else Statement(tuple(made.words), ())
        ids = dict.fromkeys((*base.claims, *(page.ids[c] for c in made.claims)))
        return Statement(base.words, tuple(ids))

    blocks = compose(form, resolve, frame.names, lambda claim: code_lines(frame.wiki, claim), _marks(page, frame))
    left = tuple(sorted({page.ids[x.claim] for x in form.left_out} - {i for b in blocks for i in b.cites}))
    by = f"{answer.model}/{recipe}" if isinstance(answer.result, PageForm) else "code"
    found = tuple(Tension(t.topic, *_pair(page.ids[t.first], page.ids[t.second])) for t in form.tensions)
    unpolished = f"{REFUSED} {answer.model}" if isinstance(answer.result, Refused) else "yes"
    state = _state(frame, page.step.path, by, left, unpolished if problem else "")
    return Text(tuple(blocks), state, found, problem)


def _unphrased(page: _Page, frame: Frame, old: Page | None, problem: str, refused: str = "") -> Text:
    """No answer was to be had: the present text stays, its new claims are appended in their own words."""
    blocks = [b for b in text_blocks(old) if is_ours(old, b)] if old else []
    cited = {i for b in blocks for i in b.cites} | set(old.state.left if old and old.state else ())
    form = _with_lost(EMPTY, page, [label for label, i in page.ids.items() if i not in cited])

    def resolve(made: FormStatement) -> Statement:
        return Statement(tuple(made.words), tuple(page.ids[c] for c in made.claims))

    blocks += compose(form, resolve, frame.names, lambda _: "", _marks(page, frame))
    left, by = (old.state.left, old.state.by) if old and old.state else ((), "code")
    state = _state(frame, page.step.path, by, left, f"{REFUSED} {refused}" if refused else "yes")
    return Text(tuple(blocks), state, (), problem)


def _marks(page: _Page, frame: Frame) -> Marks:
    found = (frame.names.claims[i] for i in page.ids.values())
    return Marks(frame.names, any((c.basis or s.part_of(c).credibility) == "primary" for c, s in found))


def code_lines(wiki: Wiki, claim: Claim) -> str:
    """The raw lines of a claim whose quote is code, as they stand; '' for other quotes, or when raw is not there."""
    raw = wiki.raw.get(claim.quote.path)
    text = read_text(claim.quote.path, raw.absolute) if raw else None
    at = text.plain.find(claim.quote.text) if text else -1
    if text is None or at < 0 or text.plain.passage_at(at).kind != "code":
        return ""
    first, last = text.plain.line_at(at), text.plain.line_at(at + len(claim.quote.text) - 1)
    return visible(dedent("\n".join(text.markdown.split("\n")[first - 1 : last])))


def _pair(a: str, b: str) -> tuple[str, str]:
    return (a, b) if a < b else (b, a)


def _placed(form: PageForm, page: _Page) -> set[str]:
    """The labels that a form cites or leaves out."""
    stated = [*form.lead, *form.reading, *(s for x in form.sections for b in x.blocks for s in b.statements)]
    labels = {c for s in stated for c in (*s.claims, *page.kept_labels.get(s.keep, ()))}
    return labels | {x.claim for x in form.left_out} | {c for t in form.tensions for c in (t.first, t.second)}


def _with_lost(form: PageForm, page: _Page, lost: Sequence[str]) -> PageForm:
    """The form with the claims that it lost, in their own words: as its lead where it has none, else at its end."""
    by_label = {c.label: c for c in page.inputs.claims}
    made = [FormStatement(keep=0, words=[by_label[c].text], claims=[c]) for c in lost]
    if not made:
        return form
    if not form.lead and form is not EMPTY:
        return form.model_copy(update={"lead": made[:1], "sections": [*form.sections, *_list(made[1:])]})
    return form.model_copy(update={"sections": [*form.sections, *_list(made)]})


def _list(made: Sequence[FormStatement]) -> list[FormSection]:
    return (
        [FormSection(heading="Further", blocks=[FormBlock(shape="list", columns=[], statements=list(made))])]
        if made
        else []
    )


def _state(frame: Frame, path: str, by: str, left: tuple[str, ...] = (), unpolished: str = "") -> State:
    subject = frame.subjects[path]
    ids = chosen(subject, frame.names, frame.settings.page_limit)
    return State(origin=origin(ids, frame.names), by=by, left=left, unpolished=unpolished)
