"""Figures of "today" use each manager's own date, if the dates differ."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.http import QueryDict
from django.utils import timezone

from hci_center.callers import Caller
from hci_center.reports.computing.figures import figures
from hci_center.reports.computing.questions import OwnPeriod, Question
from hci_center.reports.kept import rebuilding
from hci_center.reports.kept.summaries import keep_summaries
from hci_center.reports.kept.volume_hours import settle_hours
from hci_center.reports.metrics.definitions import METRICS
from hci_center.reports.models import Zone
from hci_center.reports.pages.address import Allowed, read_address
from hci_center.reports.pages.first import before
from hci_center.reports.pages.scope import scope_of
from hci_center.reports.rows import rows_of
from managers.models import Manager
from tests import builders
from tests.conftest import Api
from tests.reports.hand_checked import NUMBER, write
from tests.reports.past import Centre, write_chat
from tests.reports.past_accounts import write_accounts
from tests.reports.past_presence import write_presence

pytestmark = pytest.mark.django_db
# The managers in the easternmost and the westernmost zone never have the same date.
EAST, WEST = "Pacific/Kiritimati", "Pacific/Pago_Pago"


def keep() -> None:
    rebuilding.take_dirty()
    settle_hours()
    keep_summaries()


@pytest.mark.parametrize("is_kept", [False, True])
def test_only_a_managers_own_days_are_read(is_kept: bool) -> None:
    centre = Centre(NUMBER)
    write(centre)
    write_accounts(centre)
    write_presence(centre)
    if is_kept:
        keep()
    manager_id = centre.manager.pk
    first, last = date(2025, 11, 18), date(2025, 11, 20)
    own = (OwnPeriod(manager_id, first, last),)
    for name, metric in METRICS.items():
        for by in ((), ("day",), ("operator",), ("area",)):
            if not {*by} <= {*metric.by}:
                continue
            wide = (manager_id,), date(2025, 11, 17), date(2025, 11, 30)
            asked = Question(name, *wide, by, own=own)
            narrow = Question(name, (manager_id,), first, last, by)
            assert figures(asked) == figures(narrow), (name, by)
        assert rows_of(asked, 100)[0] == rows_of(narrow, 100)[0], name


def open_at(zone: str, number: int, *moments: datetime) -> Manager:
    centre = Centre(number, has_hours=False)
    Manager.objects.filter(pk=centre.manager.pk).update(time_zone=zone)
    Zone.objects.all().delete()  # It always had this one.
    for moment in moments:
        write_chat(centre, centre.contact(), [(moment, "opened", None, None)])
    return centre.manager


def test_today_is_that_of_each_manager() -> None:
    now = datetime.now(UTC)
    yesterday = now - timedelta(hours=24)
    managers = [open_at(EAST, NUMBER, now, yesterday), open_at(WEST, NUMBER + 1, now)]
    api = Api(builders.make_key(*managers))
    answer = api.post("/api/report", {"metric": "opened"}).json()["data"]
    assert answer["total"]["count"] == 2
    assert answer["from"] < answer["to"]
    rows = api.post("/api/report", {"metric": "opened", "rows": True}).json()["data"]
    assert {row["m"] for row in rows["rows"]} == {NUMBER, NUMBER + 1}
    alone = {"metric": "opened", "number": NUMBER}
    answer = api.post("/api/report", alone).json()["data"]
    assert (answer["total"]["count"], answer["from"]) == (1, answer["to"])


@pytest.mark.parametrize(
    ("period", "count"), [("today", 2), ("yesterday", 1), ("7d", 3)]
)
def test_named_periods_of_a_page_are_those_of_each_manager(
    period: str, count: int
) -> None:
    now = datetime.now(UTC)
    open_at(EAST, NUMBER, now, now - timedelta(hours=24))
    open_at(WEST, NUMBER + 1, now)
    scope = scope_of(Caller("administrator", "user:1", None))
    query = QueryDict(f"period={period}")
    address = read_address(query, scope, timezone.now(), Allowed())
    assert figures(address.question("opened")).total["count"] == count
    since, until = before(address)
    assert since < address.since
    assert (until - since) == (address.until - address.since)
