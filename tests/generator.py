"""Sources for measurements: ordinary English and Chinese sentences about named subjects, Zipf-distributed.

The same seed and number give the same bytes, and the first 100 of 1,000 sources are the 100: a vault that grows.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import accumulate

SUBJECTS = 6_000
"""How many things the sources may be about: few are in many sources, most in few."""
STEEP = 0.8
PER_SOURCE, SENTENCES = 12, 3
CHINESE = 5
"""Every such source is Chinese, and so are its subjects."""

_FIRST = (
    "Alder Amber Arden Basalt Birch Bramble Calder Cedar Cobalt Copper Coral Dorset Ember Falcon Fennel Garnet Granite "
    "Harrow Hazel Heron Indigo Jasper Juniper Kestrel Larch Linden Marlow Merlin Nettle Oakley Onyx Orchid Osprey "
    "Pebble Quartz Raven Rowan Saffron Sorrel Tansy Thistle Umber Velvet Walnut Willow Yarrow Zephyr Zinnia"
).split()
_LAST = (
    "Archive Atlas Bridge Cabinet Catalogue Charter College Compass Council Foundry Gazette Guild Harbour Index "
    "Institute Journal Ledger Library Lantern Mill Museum Notebook Observatory Orchard Press Project Quarry Registry "
    "Review Society Station Survey Theatre Tower Trust Union Valley Workshop"
).split()
_MIDDLE = ("", "Old", "New", "North", "South", "Upper", "Lower")
_TOPICS = "maps letters seeds tools songs tables recipes ships bells looms clocks lenses wells paths tides".split()
_PLACES = "the coast|the hills|the old town|the river|the border|the islands|the valley|the capital".split("|")
_PEOPLE = "teachers sailors printers farmers students weavers builders doctors".split()
_ENGLISH = (
    "{name} keeps {n} {topic} that {people} near {place} gave it.",
    "{name} was founded in {year} by {people} who wanted to study {topic}.",
    "{name} prints a list of {topic} every year, and {people} from {place} read it.",
    "In {year}, {name} moved its {topic} from {place} to a larger house.",
    "{name} lends {topic} to {people} for {n} days without a fee.",
    "Most {people} know {name} for its {topic}, which came from {place} in {year}.",
    "{name} works with {other} on {topic}, since both collect them near {place}.",
    "{name} lost {n} of its {topic} in the flood of {year}, and {other} sent copies.",
    "{name} teaches {people} to mend {topic} in a course of {n} weeks.",
)
_RIVERS, _WORDS = "青白黄赤玄素丹碧苍翠金银铜铁玉石松柏梅兰竹菊", "河山湖海谷原岭岩泉溪洲港关桥城台亭园林田"
_THINGS = "协议 档案馆 图书馆 研究所 学会 年鉴 索引 工坊 计划 方法 基金会 天文台".split()
_TOPICS_ZH, _PLACES_ZH = "地图 书信 种子 工具 歌谣 账册 钟表 织机".split(), "海边 山里 老城 河畔 边境 岛上".split()
_PEOPLE_ZH = "教师 水手 印工 农民 学生 织工".split()
_CHINESE = (
    "{name}收藏了{n}件{topic}，多数由{place}的{people}捐赠。",
    "{name}于{year}年由一批{people}创立，专门研究{topic}。",
    "{name}每年出版一份{topic}目录，{place}的{people}都会阅读。",
    "{name}与{other}合作整理{topic}，因为两者都在{place}工作。",
    "{name}把{topic}借给{people}，期限为{n}天，不收费用。",
    "{name}在{year}年的洪水中损失了{n}件{topic}。",
)


def subjects(chinese: bool) -> list[str]:
    """All names of one script, the most frequent first."""
    if chinese:
        names = [f"{a}{b}{c}" for c in _THINGS for b in _WORDS for a in _RIVERS]
    else:
        names = [" ".join(filter(None, (a, b, c))) for b in _MIDDLE for c in _LAST for a in _FIRST]
    random.Random(7).shuffle(names)
    return names[: SUBJECTS // CHINESE if chinese else SUBJECTS]


def sources(count: int, seed: int = 1) -> Iterator[tuple[str, str]]:
    """(path below raw/, Markdown) of each source."""
    pools = {chinese: subjects(chinese) for chinese in (False, True)}
    weights = {k: list(accumulate((rank + 8) ** -STEEP for rank in range(len(names)))) for k, names in pools.items()}
    for n in range(count):
        chance, chinese = random.Random(f"{seed}/{n}"), n % CHINESE == CHINESE - 1
        drawn = dict.fromkeys(chance.choices(pools[chinese], cum_weights=weights[chinese], k=3 * PER_SOURCE))
        named = list(drawn)[:PER_SOURCE]
        folder = "zh" if chinese else "en"
        yield f"{folder}/{n:05d}.md", _document(n, named, chinese, chance)


def _document(n: int, named: list[str], chinese: bool, chance: random.Random) -> str:
    parts = [f"# 第{n}号工作笔记" if chinese else f"# Field notes, number {n}"]
    for name in named:
        forms = chance.sample(_CHINESE if chinese else _ENGLISH, SENTENCES)
        others = [other for other in named if other != name]
        said = [_sentence(form, name, chance.choice(others), chinese, chance) for form in forms]
        said[0] = said[0].replace(name, f"**{name}**", 1)
        parts += [f"## {name}", ("" if chinese else " ").join(said)]
    return "\n\n".join(parts) + "\n"


def _sentence(form: str, name: str, other: str, chinese: bool, chance: random.Random) -> str:
    topics, places, people = (_TOPICS_ZH, _PLACES_ZH, _PEOPLE_ZH) if chinese else (_TOPICS, _PLACES, _PEOPLE)
    told = form.format(
        name=name if chinese else f"the {name}",
        other=other if chinese else f"the {other}",
        topic=chance.choice(topics),
        place=chance.choice(places),
        people=chance.choice(people),
        n=chance.randint(2, 90),
        year=chance.randint(1850, 2020),
    )
    return told[0].upper() + told[1:]
