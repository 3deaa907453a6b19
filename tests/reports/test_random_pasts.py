"""Random pasts: what the product computes equals an independent program's figures."""

from __future__ import annotations

import random
from datetime import date, timedelta
from typing import Any

import pytest

from hci_center.reports.computing.figures import figures
from hci_center.reports.computing.questions import Question
from hci_center.reports.kept.rebuilding import keep_open, take_dirty
from hci_center.reports.kept.summaries import keep_summaries
from hci_center.reports.kept.volume_hours import settle_hours
from hci_center.reports.metrics.definitions import METRICS
from tests.reports.independent import Rows
from tests.reports.independent_figures import expected
from tests.reports.past import Centre, at, write_chat, write_survey
from tests.reports.past_presence import write_random_presence

pytestmark = pytest.mark.django_db
NUMBER = 551144440007
FIRST, LAST = date(2025, 11, 1), date(2025, 12, 31)
KINDS = (
    "entered_area", "claimed", "assigned", "transferred", "released", "held", "resumed",
    "bot_ended", "bot_step",
)  # fmt: skip
CLOSINGS = (
    "", "resolved", "menu", "customer", "idle", "deleted", "merged", "erased", "imported",
)  # fmt: skip


def write_random(centre: Centre, chance: random.Random) -> None:
    """Writes chats with events and messages in any order, often at the same time."""
    schedules = [None, centre.schedule_id, centre.add_schedule(
        hours={"1": [["00:00", "24:00"]], "5": [["20:00", "24:00"]]}, targets={"tme": 9},
    )]  # fmt: skip
    areas = (None, centre.sales, centre.support)
    people = (centre.ana, centre.bruno)
    contacts = [centre.contact(chance.choice(("whatsapp", "facebook")))]
    for number in range(12):
        if chance.random() < 0.6:
            contacts.append(centre.contact())
        # Earlier chats of a contact are closed: one may be open at a time.
        now = at("19 08:00") + timedelta(minutes=chance.randint(0, 9000))
        area, operator = chance.choice(areas), None
        lines: list[Any] = []
        said: list[Any] = []

        def step(kind: str, **more: Any) -> None:
            more.setdefault("schedule", chance.choice(schedules))
            lines.append((now, kind, area, operator, more))  # noqa: B023

        for round_ in range(chance.randint(1, 3)):
            operator = chance.choice((None, None, *people))
            cause = chance.choice(("customer", "customer", "operator", "import"))
            step("reopened" if round_ else "opened", cause=cause)
            for _ in range(chance.randint(0, 8)):
                now += timedelta(seconds=chance.choice((0, 0.4, 59.6, 700, 40000)))
                if chance.random() < 0.6:
                    who = chance.choice(
                        ("customer", "customer", "phone", "bot", *people)
                    )
                    said.append((now, who))
                    continue
                kind = chance.choice(KINDS)
                if kind in ("claimed", "assigned", "transferred"):
                    operator = chance.choice(people)
                elif kind == "released":
                    operator = None
                elif kind == "entered_area":
                    area = chance.choice(areas)
                    operator = chance.choice((None, operator))
                step(kind, acting=chance.choice((None, *people)))
            now += timedelta(seconds=chance.choice((0, 1, 3600, 90000)))
            actor = chance.choice(("", "user:1", "key:1", "rule:menu"))
            operator, held = None, operator
            step(
                "closed", cause=chance.choice(CLOSINGS), actor=actor,
                acting=chance.choice((None, held)), sa=chance.choice((None, 10, 20)),
            )  # fmt: skip
            now += timedelta(hours=chance.choice((1, 71, 72, 73)))
        if number % 4 == 3:
            contacts.append(centre.contact())
            lines.pop()
        chat_id = write_chat(centre, contacts[-1], lines, said)
        if lines[-1][1] == "closed" and chance.random() < 0.5:
            ended = lines[-1][0]
            state = chance.choice(("asked", "rated", "lost", "expired"))
            if state == "asked":
                state = "ignored"
            rated = state == "rated"
            rating = chance.randint(1, 5) if rated else None
            answered = ended + timedelta(minutes=3) if rated else None
            write_survey(centre, chat_id, ended, state, rating, answered)
        if number % 4 == 3:
            contacts.append(centre.contact())


@pytest.mark.parametrize("seed", range(8))
def test_every_metric_of_a_random_past_equals_the_independent_one(seed: int) -> None:
    centre = Centre(NUMBER)
    chance = random.Random(seed)  # noqa: S311
    write_random(centre, chance)
    write_random_presence(centre, chance)
    if seed % 2:
        take_dirty()
        settle_hours()
        keep_open()
    if seed % 4 == 3:
        keep_summaries()
    rows = Rows()
    for metric, definition in METRICS.items():
        # Figures of one area or operator are read from summaries, those of two groups
        # rarely.
        by = tuple(chance.sample(definition.by, 1 + (seed % 8 < 4)))
        managers = (centre.manager.pk,)
        report = figures(Question(metric, managers, FIRST, LAST, by))
        own, total = expected(rows, metric, {*managers}, FIRST, LAST, by)
        assert report.rows == own, (metric, by)
        assert report.total == total, metric
