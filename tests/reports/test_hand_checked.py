"""Every metric of the hand-checked past, compared with an independent program."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import pairwise
from typing import Any

import pytest

from hci_center.reports.computing.figures import figures
from hci_center.reports.computing.questions import Question
from hci_center.reports.kept.delivery_days import keep_deliveries
from hci_center.reports.kept.rebuilding import keep_open, take_dirty
from hci_center.reports.kept.summaries import keep_summaries
from hci_center.reports.kept.volume_hours import settle_hours
from hci_center.reports.metrics.definitions import METRICS
from tests.module_rows import module_rows
from tests.reports.hand_checked import NUMBER, write
from tests.reports.independent import Rows
from tests.reports.independent_figures import expected
from tests.reports.past import Centre
from tests.reports.past_accounts import write_accounts
from tests.reports.past_presence import write_presence

pytestmark = pytest.mark.django_db
FIRST, LAST = date(2025, 11, 17), date(2025, 11, 30)


@pytest.fixture(scope="module")
def centre(django_db_setup: None, django_db_blocker: Any) -> Iterator[Centre]:
    """Returns the centre with all of its past."""
    with module_rows(django_db_blocker):
        centre = Centre(NUMBER)
        write(centre)
        write_accounts(centre)
        write_presence(centre)
        yield centre


def ask(centre: Centre, metric: str, *by: str, **over: Any) -> Any:
    values: dict[str, Any] = {
        "managers": (centre.manager.pk,),
        "since": FIRST,
        "until": LAST,
        "by": by,
    }
    return figures(Question(metric, **values | over))


def groupings(metric: str) -> list[tuple[str, ...]]:
    by = METRICS[metric].by
    parts = [(name,) for name in ("area", "operator") if name in by]
    return [(), *parts, *pairwise(by)]


@pytest.mark.parametrize("is_kept", [False, True], ids=["at once", "kept"])
def test_every_figure_equals_the_independent_one(centre: Centre, is_kept: bool) -> None:
    if is_kept:
        take_dirty()
        settle_hours()
        keep_open()
        keep_deliveries()
        assert keep_summaries() > 300
    rows = Rows()
    most = None if is_kept else 2
    asked = [(name, by) for name in METRICS for by in groupings(name)[:most]]
    for metric, by in asked:
        report = ask(centre, metric, *by)
        own, total = expected(rows, metric, {centre.manager.pk}, FIRST, LAST, by)
        assert report.rows == own, (metric, by)
        assert report.total == total, (metric, by)


def test_queue_by_area(centre: Centre) -> None:
    rows = ask(centre, "tme", "area").rows
    tme = rows[(str(centre.support.pk),)]
    # lunch 80 min, bounced 10, handed 2, held 9.5: 20 open minutes of the first.
    assert (tme["n"], tme["sum"], tme["max"]) == (4, 6090, 4800)
    assert (tme["median"], tme["p90"], tme["mean"]) == (570, 4800, 1523)
    assert tme["business"]["sum"] == 2490
    # 30, 60, 120 twice, 240 twice, 300, 900 s, and 39.5 h of which 30 min were open.
    tme = rows[(str(centre.sales.pk),)]
    assert (tme["n"], tme["sum"], tme["median"], tme["p90"]) == (9, 144210, 240, 142200)
    assert (tme["business"]["sum"], tme["business"]["p90"]) == (3810, 1800)
    assert tme["unserved"] == 2


def test_first_answers(centre: Centre) -> None:
    tmr1 = ask(centre, "tmr1").total
    # 60 twice, 120, 180 twice, 300 twice, 480, 600, 2160, 4920 s and the holiday's.
    assert (tmr1["n"], tmr1["median"], tmr1["p90"]) == (12, 300, 4920)
    assert (tmr1["byPhone"], tmr1["unanswered"]) == (1, 3)


def test_outcomes(centre: Centre) -> None:
    closed = ask(centre, "closed").total
    assert closed == {
        "count": 19,
        "outcomes": {
            "abandoned": 3, "contained": 1, "dropped": 2, "lost": 1, "other": 1,
            "resolved": 11,
        },
    }  # fmt: skip


@pytest.mark.parametrize(
    ("metric", "n", "of", "rate"),
    [
        ("lost", 1, 13, 0.0769),
        ("abandoned", 3, 14, 0.2143),
        ("contained", 1, 11, 0.0909),
        ("reopen", 1, 11, 0.0909),
        ("recontact", 1, 11, 0.0909),
        ("one_contact", 6, 11, 0.5455),
        ("transfer", 2, 14, 0.1429),
        ("bounce", 1, 2, 0.5),
        ("sla_tme", 8, 14, 0.5714),
        ("csat", 1, 2, 0.5),
        ("answered_surveys", 2, 2, 1.0),
    ],
)
def test_shares(centre: Centre, metric: str, n: int, of: int, rate: float) -> None:
    total = ask(centre, metric).total
    assert (total["n"], total["of"], total["rate"]) == (n, of, rate)


def test_days_without_data(centre: Centre) -> None:
    empty = {"since": date(2025, 11, 1), "until": date(2025, 11, 2)}
    tme = ask(centre, "tme", "day", **empty)
    assert tme.rows == {}
    assert (tme.total["n"], tme.total["mean"]) == (0, None)
    assert ask(centre, "lost", **empty).total == {"n": 0, "of": 0, "rate": None}
    assert ask(centre, "opened", **empty).total == {"count": 0, "origins": {}}
