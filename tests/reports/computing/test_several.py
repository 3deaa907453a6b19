"""Several metrics computed at once equal those computed separately."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from hci_center.reports.computing.figures import figures
from hci_center.reports.computing.questions import Question
from hci_center.reports.computing.several import several
from hci_center.reports.metrics.definitions import METRICS
from tests.reports.hand_checked import NUMBER, write
from tests.reports.past import Centre

pytestmark = pytest.mark.django_db
BESIDE = ("unserved", "unanswered", "byPhone", "first", "marks", "lost", "dropped")
SPREADS = ("origins", "outcomes")
# Not counted from chats.
ALONE = ("messages", "new_contacts", "delivery", "health")


def bare(row):
    return {k: v for k, v in row.items() if k not in (*BESIDE, *SPREADS)}


def test_each_equals_the_metric_computed_separately():
    centre = Centre(NUMBER)
    write(centre)
    period = ((centre.manager.pk,), date(2025, 11, 17), date(2025, 11, 30))
    for by in ((), ("day",), ("area",), ("operator", "week")):
        question = Question("tme", *period, by)
        found = several(question, METRICS)
        assert [*found] == [n for n, one in METRICS.items() if {*by} <= {*one.by}]
        for name, report in found.items():
            alone = figures(Question(name, *period, by))
            counts = {k: bare(row) for k, row in alone.rows.items()}
            is_row = {
                k
                for k, row in counts.items()
                if row.get("n") or row.get("of") or row.get("count")
            }
            assert {k: report.rows[k] for k in is_row} == {
                k: counts[k] for k in is_row
            }, name
            assert report.rows.keys() == (is_row if by else report.rows.keys()), name
            assert report.total == bare(alone.total), (name, by)


def test_it_needs_few_statements():
    centre = Centre(NUMBER)
    period = ((centre.manager.pk,), date(2025, 11, 17), date(2025, 11, 30))
    with CaptureQueriesContext(connection) as caught:
        several(
            Question("tme", *period, ("day",)), [n for n in METRICS if n not in ALONE]
        )
    assert len(caught) == 4
