"""Schedules, lists and cancels messages for later, as a console does."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from chats.models import (
    ScheduledMessage,
    Task,
)

TEMPLATE = {"name": "lembrete", "language": "pt_BR", "parameters": ["Maria", "10 h"]}


def soon(**delta):
    return (timezone.now() + timedelta(**delta or {"hours": 1})).isoformat()


def schedule(api, contact, operator, **fields):
    body = {"operatorId": str(operator.pk), "contactId": contact.external_id}
    body |= {"content2": "Conseguiu ver?", "sendAt": soon()} | fields
    given = {name: value for name, value in body.items() if value is not None}
    return api.post("/api/chat/schedule", given)


def scheduled_id(*args, **fields):
    response = schedule(*args, **fields)
    assert response.status_code == 200, response.content
    return response.json()["data"]["id"]


def listed(api, contact, operator):
    body = {"operatorId": str(operator.pk), "contactId": contact.external_id}
    response = api.post("/api/chat/schedule/get", body)
    assert response.status_code == 200, response.content
    return response.json()["data"]["scheduled"]


def cancel(api, contact, operator, message_id):
    body = {"operatorId": str(operator.pk), "contactId": contact.external_id}
    return api.delete("/api/chat/schedule/", body | {"id": message_id})


def make_due(ago=1, **which):
    at = timezone.now() - timedelta(seconds=ago)
    ScheduledMessage.objects.filter(**which).update(send_at=at)
    Task.objects.update(run_at=at)


def state():
    return ScheduledMessage.objects.get().state


def write_now(contact, **ago):
    contact.last_in_at = timezone.now() - timedelta(**ago)
    contact.save()
