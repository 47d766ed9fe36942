"""Words by which a sentence says that it is not sure."""

HEDGES = frozenset(
    """might could perhaps probably possibly likely maybe suspects suspected seems seemed appears apparently presumably
    estimated estimates expects expected reportedly roughly guess guesses unclear plausibly predicts""".split()
)
HEDGES_ZH = (
    "可能", "大概", "也许", "或许", "预计", "估计", "似乎", "据说", "推测", "看来", "恐怕", "有望", "疑似",
    "不确定",
)  # fmt: skip
