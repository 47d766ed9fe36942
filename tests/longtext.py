"""Books for tests: long texts from a seed, with chapters, lists, tables, quotations and code; no paragraph twice."""

from __future__ import annotations

import random
from collections.abc import Iterator

MIXED = "mixed"
_SYLLABLES = "ba ce di fo gu la me ni po ru sa te vi wo xa ye zu kar lin mor nel pas".split()
_NOUNS = (
    "archive compiler harbour engine ledger market network orchard parser printer reactor schedule telescope theorem "
    "valley workshop canal granary lantern quarry railway seminar treaty vaccine warehouse"
).split()
_VERBS = "builds stores measures compares replaces describes supports requires produces limits records moves".split()
_KINDS = "early northern public private wooden digital shared local final second careful narrow".split()
_ENDS = (
    "in {year}", "for {n} years", "at a cost of {n} crowns", "with {n} people", "during the reform of {year}",
    "without any further help", "across {n} districts", "under the rules of the council",
)  # fmt: skip
_ZH_NOUNS = (
    "档案馆 编译器 港口 引擎 账本 市场 网络 果园 解析器 印刷机 反应堆 时刻表 望远镜 定理 山谷 车间 运河 粮仓".split()
)
_ZH_VERBS = "建造 保存 测量 比较 取代 描述 支持 需要 生产 限制 记录 移动".split()
_ZH_ENDS = (
    "在{year}年",
    "持续了{n}年",
    "花费{n}元",
    "由{n}人完成",
    "覆盖{n}个地区",
    "没有任何外部帮助",
    "遵循议会的规定",
)
_ZH_CHARS = "安博川德恩峰光海继康兰明宁平清荣山天文新阳云泽正志"


class _Book:
    """A text on its way: English, Chinese, or paragraphs of both in turn."""

    def __init__(self, seed: int, language: str) -> None:
        self.random, self.language, self.turn = random.Random(seed), language, 0
        pick = self.random.choice
        self.names = ["".join(pick(_SYLLABLES) for _ in range(3)).capitalize() for _ in range(400)]
        self.zh_names = ["".join(pick(_ZH_CHARS) for _ in range(3)) for _ in range(400)]

    def is_chinese(self) -> bool:
        return self.language == "zh" or (self.language == MIXED and self.turn % 2 == 1)

    def sentence(self) -> str:
        r = self.random
        values = {"year": r.randint(1700, 2025), "n": r.randint(2, 9_000)}
        if self.is_chinese():
            who = r.choice([r.choice(self.names), f"《{r.choice(self.zh_names)}》"]) + r.choice(_ZH_NOUNS)
            what = r.choice(_ZH_NOUNS) + "和" + r.choice(self.zh_names) + "的" + r.choice(_ZH_NOUNS)
            return f"{who}{r.choice(_ZH_ENDS).format(**values)}{r.choice(_ZH_VERBS)}了{what}。"
        who = f"{r.choice(self.names)} {r.choice(['', r.choice(self.names)])}".strip()
        head = r.choice([who, f"The {r.choice(_KINDS)} {r.choice(_NOUNS)} of {who}"])
        what = f"the {r.choice(_KINDS)} {r.choice(_NOUNS)} and a {r.choice(_NOUNS)} near {r.choice(self.names)}"
        return f"{head} {r.choice(_VERBS)} {what} {r.choice(_ENDS).format(**values)}."

    def paragraph(self) -> str:
        words, target, out = 0, self.random.randint(60, 150), []
        while words < target:
            out.append(self.sentence())
            words += _length(out[-1])
        return ("" if self.is_chinese() else " ").join(out)

    def block(self) -> str:
        r = self.random
        match r.randint(1, 20):
            case 1:
                return "\n".join(f"- {self.sentence()}" for _ in range(r.randint(3, 8)))
            case 2:
                rows = [f"| {r.choice(self.names)} | {r.randint(1, 99)} | {self.sentence()} |" for _ in range(5)]
                return "\n".join(["| Name | Number | Note |", "|---|---|---|", *rows])
            case 3:
                return f"> {self.sentence()}\n> {self.sentence()}"
            case 4:
                return "```python\n" + "\n".join(f"value_{n} = {r.randint(1, 999)}" for n in range(6)) + "\n```"
        return self.paragraph()

    def blocks(self) -> Iterator[str]:
        r = self.random
        yield f"# The history of {r.choice(self.names)}" if self.language != "zh" else f"# {r.choice(self.zh_names)}史"
        chapter = 0
        while True:
            chapter += 1
            title = f"## Chapter {chapter}: the {r.choice(_NOUNS)} of {r.choice(self.names)}"
            yield (
                title if self.language != "zh" else f"## 第{chapter}章：{r.choice(self.zh_names)}{r.choice(_ZH_NOUNS)}"
            )
            for section in range(r.randint(3, 7)):
                if section:
                    yield f"### {r.choice(_ZH_NOUNS if self.language == 'zh' else _NOUNS)} {chapter}.{section}"
                for _ in range(r.randint(4, 12)):
                    self.turn += 1
                    yield self.block()


def _length(text: str) -> int:
    """Words; each Chinese character is one."""
    return len(text.split()) + sum("\u4e00" <= c <= "\u9fff" for c in text)


def book(words: int, language: str = "en", seed: int = 1) -> str:
    """A Markdown text of about this many words (`zh`: characters); the same one for the same seed."""
    out, count = [], 0
    for block in _Book(seed, language).blocks():
        out.append(block)
        count += _length(block)
        if count >= words:
            break
    return "\n\n".join(out) + "\n"
