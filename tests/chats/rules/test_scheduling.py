"""Scheduled messages: created, listed and cancelled."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from chats.models import Message, ScheduledMessage, Task
from tests import builders
from tests.chats.rules.running import run_tasks
from tests.chats.rules.scheduling import (
    TEMPLATE,
    cancel,
    listed,
    make_due,
    schedule,
    scheduled_id,
    soon,
    state,
)
from tests.conftest import signed_in
from tests.contract.shapes import TIME, answered, refused


def test_it_is_stored_and_listed(api, contact, ana):
    response = schedule(api, contact, ana)
    row = ScheduledMessage.objects.get()
    shape = {
        "id": str(row.pk),
        "text": "Conseguiu ver?",
        "sendAt": TIME,
        "state": "waiting",
        "operatorId": str(ana.pk),
    }
    answered(response, shape)
    assert listed(api, contact, ana) == [response.json()["data"]]
    task = Task.objects.get()
    assert (task.kind, task.contact_id) == ("scheduled", contact.pk)
    assert task.run_at == row.send_at
    assert (row.manager_id, row.operator_id) == (contact.manager_id, ana.pk)


def test_times_have_an_offset_or_are_unix_times(api, contact, ana):
    at = (timezone.now() + timedelta(hours=2)).replace(microsecond=0)
    unix = int(at.timestamp())
    shown = at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    local = at.astimezone(timezone.get_fixed_timezone(-180)).isoformat()
    for said in (at.isoformat(), local, unix, str(unix), unix * 1000, shown):
        response = schedule(api, contact, ana, sendAt=said)
        assert response.json()["data"]["sendAt"] == shown


@pytest.mark.parametrize(
    "said",
    ["amanhã", "2026-11-23T09:30:00", "2026-13-01T00:00:00Z", "", True, [], {}, "T",
     "2026-W48-1T00:00:00Z", 10**300],
)  # fmt: skip
def test_invalid_times_are_refused(api, contact, ana, said):
    refused(schedule(api, contact, ana, sendAt=said), 400, "invalid", fields=["sendAt"])


def test_the_time_is_1_second_to_90_days_ahead(api, contact, ana):
    for wrong in (soon(seconds=-1), soon(seconds=0), soon(days=90, minutes=1)):
        response = schedule(api, contact, ana, sendAt=wrong)
        refused(response, 400, "invalid", fields=["sendAt"])
    assert schedule(api, contact, ana, sendAt=soon(seconds=5)).status_code == 200
    at = soon(days=89, hours=23)
    assert schedule(api, contact, ana, sendAt=at).status_code == 200


def test_content_is_required(api, contact, ana):
    response = schedule(api, contact, ana, content2=None)
    refused(response, 400, "invalid", fields=["content2", "name"])
    response = schedule(api, contact, ana, content2=None, name="x")
    refused(response, 400, "invalid", fields=["language"])
    with pytest.raises(IntegrityError), transaction.atomic():
        ScheduledMessage.objects.create(
            manager=contact.manager,
            contact=contact,
            operator=ana,
            send_at=timezone.now(),
        )


def test_content_that_the_gateway_would_refuse_is_refused(api, manager, contact, ana):
    response = schedule(api, contact, ana, content2=None, **TEMPLATE)
    refused(response, 400, "invalid", fields=["name"])  # a controller has none
    manager.gateway = "whatsapp_cloud"
    manager.save()
    response = schedule(api, contact, ana, content2="x" * 4097)
    refused(response, 400, "invalid", fields=["content", "content2"])
    response = schedule(api, contact, ana, content2=None, **TEMPLATE)
    assert response.json()["data"] | TEMPLATE == response.json()["data"]
    assert not ScheduledMessage.objects.exclude(text="").exists()


def test_the_number_for_a_contact_is_limited(api, contact, ana, monkeypatch):
    rows = [
        ScheduledMessage(
            manager=contact.manager,
            contact=contact,
            operator=ana,
            text="x",
            send_at=timezone.now(),
        )
        for _ in range(99)
    ]
    ScheduledMessage.objects.bulk_create(rows)
    first = scheduled_id(api, contact, ana)
    response = schedule(api, contact, ana)
    refused(response, 400, "invalid", fields=["sendAt"])
    assert cancel(api, contact, ana, first).status_code == 200
    assert schedule(api, contact, ana).status_code == 200


def test_permissions(api, other_api, manager, contact, ana, bruno, supervisor):
    mine = scheduled_id(signed_in(ana.user), contact, ana)
    assert schedule(signed_in(supervisor), contact, ana).status_code == 200
    foreign = builders.make_contact(builders.make_manager())

    def calls(caller, operator, contact=contact):
        return (
            schedule(caller, contact, operator),
            caller.post(
                "/api/chat/schedule/get",
                {"operatorId": operator.pk, "contactId": contact.external_id},
            ),
            cancel(caller, contact, operator, mine),
        )

    for response in calls(api, bruno):  # of another area
        refused(response, 403, "forbidden")
    for response in calls(signed_in(ana.user), bruno):
        refused(response, 403, "forbidden")
    for response in calls(other_api, ana):
        refused(response, 404, "operator_not_found")
    for response in calls(api, ana, foreign):
        refused(response, 404, "contact_not_found")
    ana.pk, pk = 0, ana.pk
    for response in calls(api, ana):
        refused(response, 404, "operator_not_found")
    ana.pk = pk
    assert ScheduledMessage.objects.filter(state="waiting").count() == 2
    elsewhere = builders.make_contact(manager, area=contact.area)
    refused(cancel(api, elsewhere, ana, mine), 404, "not_found")
    for wrong in ("999999", "x", "-1", "9" * 30):
        refused(cancel(api, contact, ana, wrong), 404, "not_found")


def test_a_cancelled_one_is_not_sent(api, contact, ana):
    message_id = scheduled_id(api, contact, ana)
    answered(cancel(api, contact, ana, message_id), "Message cancelled")
    refused(cancel(api, contact, ana, message_id), 404, "not_found")
    make_due()
    run_tasks()
    assert not Message.objects.exists()
    assert not Task.objects.exists()
    assert state() == "cancelled"
    assert listed(api, contact, ana) == []
