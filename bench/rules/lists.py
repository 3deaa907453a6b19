"""Times `POST api/chat/list`: states, pages, counts, parts of names, words of messages."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

import centre
import rows
from calling import Person
from measure import core_speed, cpu_ms

PATH = "/api/chat/list"
PAGE = 50
# At most, in milliseconds, at the 95th percentile.
TARGETS = {"page": 100, "counts": 150, "text": 150, "words": 500}
FAR = 40
STATES = ("open", "menu", "waiting", "serving", "answered", "closed", "all")
OF_AN_OPERATOR = ("mine", "mineAnswered")


@dataclass
class Cell:
    """A kind of list, as one caller asks for it: the bodies in turn."""

    name: str
    kind: str
    bodies: list[dict[str, Any]]
    # The page that is read, of pages of PAGE chats; None: the first one.
    page: int | None = None
    found: dict[str, Any] = field(default_factory=dict)


def cells(size: str, operator: str = "") -> list[Cell]:
    """Returns the lists, with those of an operator if one is given."""
    found = []
    for state in STATES + (OF_AN_OPERATOR if operator else ()):
        body = {"state": state}
        if state in OF_AN_OPERATOR:
            body["operatorId"] = operator
        found += [
            Cell(state, "page", [body]),
            Cell(state, "counts", [body | {"counts": True}]),
            Cell(state, "page", [body], FAR),
        ]
    found += [
        Cell("open, area", "page", [{"area": f"area-{k}"} for k in range(1, 21)]),
        Cell("closed, area", "page", [{"state": "closed", "area": "area-7"}]),
        Cell("open, tag", "page", [{"tag": code} for code in centre.TAGS]),
        Cell(
            "closed, tag", "page", [{"state": "closed", "tag": c} for c in centre.TAGS]
        ),
        Cell("all, tag", "page", [{"state": "all", "tag": c} for c in centre.TAGS]),
        Cell("open, channel", "page", [{"channel": "facebook"}]),
    ]
    if operator:
        mine = {"state": "mine", "operatorId": operator, "words": centre.COMMON}
        found.append(Cell("mine, a very common word", "words", [mine]))
    return found + _texts(size) + _words()


def _texts(size: str) -> list[Cell]:
    chance = random.Random(3)
    contacts = rows.SIZES[size][1]
    pks = [chance.randrange(1, contacts + 1) for _ in range(40)]
    numbers = [rows.external_id(0, chance.randrange(contacts)) for _ in pks]
    protocols = [f"BR{(pk * 2654435761) % 10**10:010d}" for pk in pks]
    terms = {
        "the whole number": numbers,
        "4 digits": [number[-4:] for number in numbers],
        "6 digits": [number[-6:] for number in numbers],
        "digits that all numbers have": ["5511", "55112000"],
        "a protocol": protocols,
        "a protocol's first 3 digits": [p[:5] for p in protocols],
        "a protocol's first digit": [p[:3] for p in protocols],
        "a rare name": ["zwierzik"],
        "a name": [centre.name_of(pk) for pk in pks],
        "a part of many names": ["silva", "ei", "conceicao", "mar"],
        "a name that nobody has": ["xyzxyz", "qqqq"],
    }
    return [
        Cell(f"{state}, {name}", "text", [{"state": state, "text": t} for t in texts])
        for state in ("open", "all")
        for name, texts in terms.items()
    ] + [
        Cell(
            "all, a part of many names",
            "text",
            [{"state": "all", "text": "silva"}],
            FAR,
        )
    ]


def _words() -> list[Cell]:
    terms = {
        "a rare word": centre.RARE,
        "one message in a thousand": centre.SELDOM,
        "a word of a past season": centre.SEASONAL,
        "a very common word": centre.COMMON,
        "two common words": centre.COMMON_PAIR,
        "a common and a rare word": f"{centre.COMMON} {centre.RARE}",
        "a word that nobody wrote": "ornitorrinco",
    }
    found = [
        Cell(f"{state}, {name}", "words", [{"state": state, "words": words}])
        for state in ("open", "all")
        for name, words in terms.items()
    ]
    for name in ("a very common word", "a word of a past season"):
        body = {"state": "all", "words": terms[name]}
        found.append(Cell(f"all, {name}", "words", [body], FAR))
    return found


def time_lists(
    person: Person, asked: list[Cell], times: int, pids: dict[str, int]
) -> list[dict[str, Any]]:
    """Makes each list's call so many times; returns the figures."""
    roots = [pids["server"], pids["postgres"]]
    found = []
    for cell in asked:
        bodies, page = cell.bodies, 1
        if cell.page:
            bodies, page = _far_page(person, cell.bodies[0], cell.page)
            if page == 1:
                continue
        _, data = person.post(PATH, bodies[0])
        before, speeds, took = sum(map(cpu_ms, roots)), [], []
        for k in range(times):
            ms, data = person.post(PATH, bodies[k % len(bodies)])
            took.append(ms)
            speeds.append(core_speed())
        cpu = (sum(map(cpu_ms, roots)) - before) / times
        speed = sum(speeds) / len(speeds)
        found.append(
            {
                "part": "lists",
                "caller": person.name,
                "list": cell.name,
                "kind": cell.kind,
                "page": page,
                "chats": len(data["chats"]),
                "p50": percentile(took, 0.5),
                "p95": percentile(took, 0.95),
                "most": max(took),
                "cpu": cpu / speed,
                "speed": speed,
                "target": TARGETS[cell.kind],
            }
        )
    return found


def _far_page(
    person: Person, body: dict[str, Any], page: int
) -> tuple[list[dict[str, Any]], int]:
    """Returns the body of that page, or of the last full one, and its number.

    `next` may be used with another limit than it was made with.
    """
    after, number = None, 1
    best: tuple[dict[str, Any], int] = (body, 1)
    while number < page:
        pages = min(4, page - number)
        asked = body | {"limit": pages * PAGE}
        _, data = person.post(PATH, asked | ({"after": after} if after else {}))
        after = data["next"]
        if after is None or len(data["chats"]) < pages * PAGE:
            break
        number += pages
        best = (body | {"after": after}, number)
    return [best[0]], best[1]


def percentile(values: list[float], part: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))]
