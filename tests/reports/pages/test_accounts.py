"""The pages of deliveries and channels: their figures, reasons and strips."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from django.utils import timezone

from chats.models import Delivery, GatewayAccount, Message, SessionChange
from hci_center.reports.computing.figures import figures
from hci_center.reports.computing.questions import Question
from hci_center.reports.pages.strips import NARROWEST, Piece, seen
from tests import builders
from tests.reports.hand_checked import NUMBER
from tests.reports.pages.conftest import shown
from tests.reports.past import Centre

pytestmark = pytest.mark.django_db
FIRST, LAST = date(2025, 11, 17), date(2025, 11, 30)


def ask(centre, metric, *by):
    return figures(Question(metric, (centre.manager.pk,), FIRST, LAST, by))


def test_deliveries_have_their_figures_and_reasons(read, past):
    tables = shown(read("delivery/", "by=channel"))
    total = ask(past, "delivery").total
    row = tables["delivery"][-1]
    assert row[1] == str(total["n"])
    assert row[2] == f"{total['p50'] / 1000:.3f}"
    assert row[5] == f"{total['delivered']['p95'] / 1000:.3f}"
    assert row[7] == str(sum(total["failed"].values()))
    failures = {row[1]: row for row in tables["failures"][1:]}
    assert {code: int(row[2]) for code, row in failures.items()} == total["failed"]
    reason = failures["bad_recipient"]
    assert reason[0] == "The customer cannot be reached under this number or id."
    assert reason[4] == "Check the customer's number with the customer."
    portuguese = read("delivery/").client.get(
        "/admin/reports/delivery/?from=2025-11-17&to=2025-11-30",
        headers={"Accept-Language": "pt-BR"},
    )
    assert "Confira o número com o cliente." in portuguese.content.decode()


def test_waiting_messages_are_shown_with_their_reason(read, past):
    message = Message.objects.filter(direction="in").first()
    Delivery.objects.create(
        message=message, manager=past.manager, contact=message.contact,
        channel="whatsapp", queued_at=timezone.now() - timedelta(hours=2),
    )  # fmt: skip
    Message.objects.filter(pk=message.pk).update(error="The session is <b>away</b>")
    answer = read("delivery/")
    [row] = shown(answer)["waiting"][1:]
    assert row[2] == "1"
    assert row[4] == "The session is <b>away</b>"
    assert "<b>away" not in answer.content.decode()


def test_accounts_have_their_uptime(read, past):
    answer = read("channels/")
    tables = shown(answer)
    found = ask(past, "health", "channel").rows[("whatsapp",)]
    row = next(row for row in tables["accounts"] if row[0] == "WhatsApp")
    assert row[3] == f"{found['rate'] * 100:.2f}%"
    assert row[6:8] == [str(found["n"]), str(found["gaps"])]
    assert found["n"] == 2
    assert [row[3] for row in tables["incidents"][1:]] == [
        "0:59:00", "0:40:00", "0:05:00",
    ]  # fmt: skip
    assert len(tables["gaps"]) - 1 == ask(past, "health").total["gaps"] == 2
    page = answer.content.decode()
    assert "account not open from 2025-11-19 14:00:00 for 0:05:00</title>" in page


def test_a_current_incident_counts_for_today(past):
    account = GatewayAccount.objects.get(channel="whatsapp")
    since = timezone.now() - timedelta(minutes=2)
    SessionChange.objects.create(account=account, at=since, state="closed")
    today = since.astimezone().date()
    managers = (past.manager.pk,)
    days = (today - timedelta(days=1), today + timedelta(days=1))
    report = figures(Question("health", managers, *days))
    assert report.total["n"] == 1
    assert 120 <= report.total["known"] < 180
    assert report.total["open"] == 0


def test_renewed_credentials_have_their_age(read, past):
    past.manager.facebook_token = "a-new-token"
    past.manager.save()
    rows = {row[0]: row for row in shown(read("channels/"))["accounts"]}
    assert rows["Facebook"][8] == "0"
    assert rows["Total"][8] == "–"  # noqa: RUF001


def test_other_managers_accounts_are_not_shown(read, past):
    other = Centre(NUMBER + 1)
    GatewayAccount.objects.create(manager=other.manager, channel="whatsapp")
    builders.make_contact(other.manager)
    assert len(shown(read("channels/"))["accounts"]) == 4
    for name in ("channels", "delivery"):
        answer = read(f"{name}/", f"area={past.sales.pk}")
        assert "cannot be filtered by: Area" in answer.content.decode()


@pytest.mark.parametrize(
    "query",
    [
        "metric=delivery&part=human", "metric=tme&part=failed",
        "metric=delivery&value=bad_recipient", "metric=delivery&part=failed&value=%3Cb%3E",
        "metric=csat&part=marks&value=%3Cb%3E", "metric=closed&part=lost&value=1",
    ],
)  # fmt: skip
def test_rows_of_other_metrics_are_not_found(read, past, query):
    answer = read("rows/", query)
    assert answer.status_code == 404
    assert not re.search("data-table", answer.content.decode())


def test_short_interruptions_are_drawn_and_thousands_combined():
    narrow = NARROWEST / 50
    pieces = []
    for n in range(5000):
        state = "down" if n % 2 else "open"
        pieces.append(Piece(state, n * narrow, narrow, ""))
    pieces.append(Piece("open", 5000 * narrow, 0.5, ""))
    drawn = seen(pieces)
    assert drawn[0].length == 0.5
    assert 90 <= len(drawn) <= 102
