"""Chinese sentences with their entities marked, a character a line, from a small grammar.

The text has no spaces. A name is two or three characters of a small stock, and persons, places and companies share it: only
the characters around a name tell where it begins, where it ends and what it is.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

COUNTS = {"train": 420, "dev": 50, "test": 80}

SURNAMES = "王李张刘陈杨赵黄周吴林何"
NAMES = "明华文海安东平春江云宁山新成石玉"
# What a slot in braces may become: other slots and plain text. Entities are made by `entity`.
SLOTS = {
    "when": "昨天|今天|上周|去年|{month}月|星期{day}",
    "month": "一|三|五|七|九|十",
    "day": "一|二|三|四|五|六",
    "job": "老师|医生|记者|工程师|学生",
    "thing": "学校|医院|大桥|图书馆|机场",
    "said": "说|表示|认为|宣布",
    "product": "手机|汽车|药品|电脑",
    "good": "很好|不错|太贵|很新|不远",
    "number": "两|三|五|十|二十",
}
TEMPLATES = """
{PER}{said}{thing}{good}
{PER}{when}去了{LOC}
{PER}从{LOC}来到{LOC}
{PER}在{ORG}工作了{number}年
{job}{PER}住在{LOC}
{PER}和{PER}{when}在{LOC}见面
{LOC}的{thing}{good}
{LOC}离{LOC}{number}公里
{when}{LOC}下了大雨
{when}{ORG}在{LOC}建了{number}座{thing}
{ORG}的{product}{good}
{ORG}{said}{product}{good}
{ORG}{when}请来了{job}{PER}
{job}{said}{thing}{good}
{when}{number}个{job}去了{thing}
""".strip().splitlines()
ENDINGS = {"LOC": ("市", "县", "村", "", ""), "ORG": ("公司", "集团", "银行")}


def make(folder: Path) -> None:
    """train.conll, dev.conll and test.conll: a character, a space and its BMES tag a line, a blank line after a sentence."""
    random = np.random.RandomState(11)
    folder.mkdir(parents=True, exist_ok=True)
    for part, count in COUNTS.items():
        text = "\n".join("".join(f"{character} {tag}\n" for character, tag in sentence(random)) for _ in range(count))
        (folder / f"{part}.conll").write_text(text, encoding="utf-8", newline="\n")


def sentence(random: np.random.RandomState) -> list[tuple[str, str]]:
    return [*fill(choice(random, TEMPLATES), random), ("。", "O")]


def fill(text: str, random: np.random.RandomState) -> list[tuple[str, str]]:
    """The characters of a template with their tags; slots are filled at random."""
    found: list[tuple[str, str]] = []
    for piece in re.findall(r"\{\w+\}|[^{}]", text):
        slot = piece.strip("{}")
        if slot.isascii() and slot.isupper():
            found += marked(entity(slot, random), slot)
        else:
            found += fill(choice(random, SLOTS[slot].split("|")), random) if slot in SLOTS else [(piece, "O")]
    return found


def entity(kind: str, random: np.random.RandomState) -> str:
    name = "".join(choice(random, NAMES) for _ in range(random.randint(1, 3)))
    if kind == "PER":
        return choice(random, SURNAMES) + name
    if len(name) == 1:
        name += choice(random, NAMES)
    return name + choice(random, ENDINGS[kind])


def marked(name: str, kind: str) -> list[tuple[str, str]]:
    letters = "S" if len(name) == 1 else "B" + "M" * (len(name) - 2) + "E"
    return [(character, f"{letter}-{kind}") for character, letter in zip(name, letters, strict=True)]


def choice(random: np.random.RandomState, options: str | list[str] | tuple[str, ...]) -> str:
    return options[random.randint(len(options))]
