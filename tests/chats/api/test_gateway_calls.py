"""HTTP calls to resend a message, send a template and read a gateway session."""

from __future__ import annotations

import json
import threading

import pytest
from django.db import connections

from chats.accounts.health import record
from chats.gateways.base import Health
from chats.models import Delivery, GatewayAccount, Message
from tests import builders
from tests.chats.conftest import queue
from tests.chats.files.sample_files import PNG, data_uri
from tests.conftest import Api, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def failed(contact, ana):
    message = queue(contact, "Olá", sender=str(ana.pk))
    Message.objects.filter(pk=message.pk).update(status="failed", error="no phone")
    Delivery.objects.update(done_at="2026-01-01T00:00Z", failures=7, attempts=7)
    return message


def again(api, contact, operator, message_id):
    return api.put(
        "/api/chat/message/again",
        {
            "operatorId": str(operator.pk),
            "contactId": int(contact.external_id),
            "id": str(message_id),
        },
    )


def test_a_failed_message_is_queued_again_and_sent(
    api, contact, ana, failed, controller, rounds
):
    response = again(api, contact, ana, failed.uuid)
    assert response.status_code == 200
    body = response.json()
    assert body["data"].pop("createdAt")
    assert body == {
        "success": True,
        "data": {
            "content": "Olá",
            "type": "text",
            "from": str(ana.pk),
            "status": "wait",
            "id": str(failed.uuid),
            "direction": "out",
        },
    }
    rounds.make()
    failed.refresh_from_db()
    assert (failed.status, failed.error) == ("sent", "")
    assert controller.delivered[0].uuid == str(failed.uuid)
    assert Delivery.objects.get().failures == 0


@pytest.mark.parametrize("status", ["wait", "sent", "delivered", "read"])
def test_only_a_failed_message_can_be_sent_again(api, contact, ana, failed, status):
    Message.objects.update(status=status)
    response = again(api, contact, ana, failed.uuid)
    assert response.status_code == 409
    assert response.json()["error"]["code"] == "not_failed"


def test_a_customer_s_message_cannot_be_sent_again(api, contact, ana, failed):
    message = builders.make_message(failed.chat)
    response = again(api, contact, ana, message.uuid)
    assert response.json()["error"]["code"] == "not_failed"


@pytest.mark.parametrize(
    "message_id", ["0b7f2f8e-6a64-4c0a-9e0c-6d0d6f0c9d5e", "nonsense"]
)
def test_an_unknown_message_is_not_found(api, contact, ana, failed, message_id):
    response = again(api, contact, ana, message_id)
    assert response.status_code == 404
    assert response.json()["error"]["code"] == "not_found"


def test_another_contact_s_message_is_not_found(api, manager, ana, failed):
    other = builders.make_chat(builders.make_contact(manager)).contact
    response = again(api, other, ana, failed.uuid)
    assert response.json()["error"]["code"] in ("not_found", "chat_not_found")


def test_an_operator_who_may_not_see_the_contact_finds_no_chat(
    api, contact, bruno, failed
):
    response = again(api, contact, bruno, failed.uuid)
    assert response.json()["error"]["code"] == "chat_not_found"


def test_all_wrong_fields_are_named_at_once(api):
    response = api.put("/api/chat/message/again", {})
    assert response.status_code == 400
    assert set(response.json()["error"]["fields"]) == {"operatorId", "contactId", "id"}


@pytest.mark.django_db(transaction=True)
def test_one_of_simultaneous_resends_succeeds(contact, ana, failed, manager):
    key, statuses = builders.make_key(manager), []

    def send():
        statuses.append(again(Api(key), contact, ana, failed.uuid).status_code)
        connections.close_all()

    threads = [threading.Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200] + [409] * 7


def template(api, contact, operator, port=8080, **over):
    body = {
        "operatorId": str(operator.pk),
        "contactNumber": int(contact.external_id),
        "name": "boas_vindas",
        "language": "pt_BR",
        "parameters": ["Maria", "10h"],
    }
    return api.post(f"/api/chat/message/send/operator/template/{port}", body | over)


@pytest.fixture
def on_cloud(manager):
    manager.gateway = "whatsapp_cloud"
    manager.gateway_settings = json.dumps({"phoneNumberId": "1", "token": "t"})
    manager.save()


def test_a_template_is_queued(api, contact, ana, on_cloud):
    response = template(api, contact, ana)
    data = response.json()["data"]
    assert data.pop("id")
    assert data.pop("createdAt")
    assert data == {
        "content": "boas_vindas: Maria, 10h",
        "type": "template",
        "from": str(ana.pk),
        "status": "wait",
        "direction": "out",
        "url": "",
    }
    assert Delivery.objects.get().template == {
        "name": "boas_vindas",
        "language": "pt_BR",
        "parameters": ["Maria", "10h"],
    }


def test_a_gateway_without_templates_refuses_one(api, contact, ana):
    response = template(api, contact, ana)
    assert response.status_code == 400
    assert response.json()["error"]["code"] == "invalid"
    assert not Message.objects.exists()


@pytest.mark.parametrize(
    ("over", "port", "code"),
    [
        ({}, 8081, "manager_not_found"),
        ({"operatorId": "999999"}, 8080, "operator_not_found"),
        ({"contactNumber": 1}, 8080, "contact_not_found"),
        ({"parameters": "Maria"}, 8080, "invalid"),
        ({"parameters": [1.5]}, 8080, "invalid"),
        ({"parameters": None}, 8080, "invalid"),
        ({"name": ""}, 8080, "invalid"),
    ],
)
def test_a_template_is_refused_like_any_send(
    api, contact, ana, on_cloud, over, port, code
):
    response = template(api, contact, ana, port, **over)
    assert response.json()["error"]["code"] == code


def test_a_text_too_long_for_its_gateway_is_refused_by_the_call(
    api, contact, ana, on_cloud
):
    path = "/api/chat/message/send/operator/8080"
    body = {"operatorId": str(ana.pk), "contactNumber": int(contact.external_id)}
    assert api.post(path, body | {"content2": "x" * 4096}).status_code == 200
    assert api.post(path, body | {"content2": "x" * 4097}).status_code == 400


def file_to(api, contact, operator):
    body = {"from": str(operator.pk), "contactNumber": int(contact.external_id)}
    body |= {"type": "image", "base64": data_uri(PNG, "image/png")}
    return api.post("/api/chat/message/send/operator/file/8080", body)


def test_a_file_too_large_for_the_controller_is_refused_by_the_call(api, contact, ana):
    record(contact.manager_id, "whatsapp", Health("open", largest_file=len(PNG)))
    assert file_to(api, contact, ana).status_code == 200
    record(contact.manager_id, "whatsapp", Health("open", largest_file=len(PNG) - 1))
    answer = file_to(api, contact, ana)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid")
    assert list(answer.json()["error"]["fields"]) == ["base64"]
    assert Message.objects.count() == Delivery.objects.count() == 1


def test_the_file_size_limit_is_forgotten_when_the_gateway_changes(
    api, contact, ana, on_cloud
):
    record(contact.manager_id, "whatsapp", Health("open", largest_file=1))
    assert file_to(api, contact, ana).status_code == 200


def test_a_session_that_was_never_checked_is_unknown(api, manager):
    response = api.post("/api/user/session", {"number": manager.number})
    assert response.json() == {
        "success": True,
        "data": {"state": "unknown", "since": None, "reason": "", "qr": None},
    }


def test_a_session_is_returned_with_its_qr(api, manager, ana):
    record(manager.pk, "whatsapp", Health("qr", "scan it", "2@qr"))
    data = api.post("/api/user/session", {"number": manager.number}).json()["data"]
    assert data.pop("since").endswith("Z")
    assert data == {"state": "qr", "reason": "scan it", "qr": "2@qr"}
    seen = signed_in(ana.user).post("/api/user/session", {"number": manager.number})
    assert "qr" not in seen.json()["data"]
    assert seen.json()["data"]["state"] == "qr"


def test_the_page_has_its_own_session(api, manager):
    record(manager.pk, "whatsapp", Health("closed", "down"))
    record(manager.pk, "facebook", Health("open"))
    data = api.post("/api/user/session", {"facebookId": manager.facebook_id}).json()
    assert data["data"]["state"] == "open"


def test_another_manager_s_session_is_not_found(other_api, manager):
    response = other_api.post("/api/user/session", {"number": manager.number})
    assert response.json()["error"]["code"] == "manager_not_found"


def test_a_number_or_a_page_is_required(api):
    response = api.post("/api/user/session", {})
    assert set(response.json()["error"]["fields"]) == {"number", "facebookId"}


def test_the_time_of_a_state_changes_only_with_the_state(manager):
    record(manager.pk, "whatsapp", Health("open"))
    since = GatewayAccount.objects.get().since
    record(manager.pk, "whatsapp", Health("open"))
    assert GatewayAccount.objects.get().since == since
    record(manager.pk, "whatsapp", Health("closed", "gone"))
    assert GatewayAccount.objects.get().since > since
