"""manage.py import_legacy: imported users, contacts, chats and messages."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from areas.models import Operator
from chats.models import Chat, ChatEvent, Delivery, Message
from contacts.models import Contact, Identity
from hci_center.legacy import proof
from hci_center.legacy.models import ImportRef
from managers.models import Manager
from tests import builders
from tests.legacy.conftest import chat, contact, message, oid, user, write
from tests.legacy.database import everything, problems

pytestmark = pytest.mark.django_db


def test_a_small_export_is_imported_completely(tmp_path, import_legacy):
    write(
        tmp_path,
        users=[user(contacts=[contact(), contact("9876", name="Maria", area="")])],
        chats=[
            chat(
                message(),
                message("2", "b2zDoQ==", type="base64", status="wait"),
                message(5511988887777, "", type="image", url="url.com"),
            )
        ],
    )
    import_legacy("--commit")
    manager = Manager.objects.get()
    assert (manager.number, manager.controller_port) == (5511400011111, 8080)
    assert manager.facebook_token == "token-of-the-page"
    joao = Contact.objects.get(name="João")
    assert (joao.channel, joao.external_id, joao.sa) == ("whatsapp", "5511988887777", 3)
    assert joao.area.code == "vendas"
    assert joao.area.needs_review
    names = Identity.objects.filter(contact=joao).values_list("alias", flat=True)
    assert sorted(names) == ["551188887777", "5511988887777"]
    [opened] = Chat.objects.all()
    assert opened.closed_at is None
    assert opened.protocol == joao.protocol == "BR5511988887777"
    told = Message.objects.order_by("id")
    assert [
        (m.direction, m.type, m.content, m.sender, m.status, m.url) for m in told
    ] == [
        ("in", "text", "Olá", "", "wait", ""),
        ("out", "text", "olá", "legado:2", "sent", ""),
        ("in", "image", "Arquivo em anexo", "", "wait", "url.com"),
    ]
    assert joao.unread == 2
    assert joao.waiting_since == told[2].created_at == joao.last_in_at
    assert opened.seen_message_id == told[2].pk


def test_nothing_is_sent_and_the_ledger_has_the_import(tmp_path, import_legacy):
    write(
        tmp_path,
        users=[user(contacts=[contact()])],
        chats=[
            chat(message("2"), _id=oid(200)),
            chat(message("2", "antes"), _id={"$oid": "5a" + "0" * 22}),
        ],
    )
    import_legacy("--commit")
    assert not Delivery.objects.exists()
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM chats_task")
        assert cursor.fetchone() == (0,)
    closed, opened = Chat.objects.order_by("opened_at")
    assert (closed.closed_at is None, opened.closed_at is None) == (False, True)
    assert opened.protocol == "BR5511988887777"
    assert closed.protocol.startswith("BR2")
    lines = ChatEvent.objects.order_by("chat__opened_at", "id")
    assert [(line.chat_id, line.kind, line.cause) for line in lines] == [
        (closed.pk, "opened", "import"),
        (closed.pk, "closed", "imported"),
        (opened.pk, "opened", "import"),
    ]


def test_a_dry_run_prints_the_same_and_writes_nothing(tmp_path, import_legacy):
    write(tmp_path, users=[user(contacts=[contact()])], chats=[chat(message())])
    before = everything()
    said = import_legacy()
    assert everything() == before
    kept = import_legacy("--commit")
    assert said.partition("A dry run")[0] == kept
    assert re.search(r"^ +messages +1 +1 +0 +0 +0 +0$", kept, re.MULTILINE)


def test_canonical_and_relaxed_json_in_lines_and_arrays_are_the_same(
    tmp_path, import_legacy
):
    at = {"$date": {"$numberLong": "1561000000123"}}
    canonical = [
        user(
            number={"$numberLong": "5511400011111"},
            controllerPort={"$numberInt": "8080"},
            contacts=[
                contact({"$numberLong": "5511988887777"}, sa={"$numberInt": "3"})
            ],
        )
    ]
    relaxed = [user(number=5511400011111.0, contacts=[contact()])]
    write(
        tmp_path, chats=[chat(message({"$numberLong": "5511988887777"}, createdAt=at))]
    )
    (tmp_path / "users.json").write_text(json.dumps(canonical))
    first = import_legacy("--commit")
    sent_at = Message.objects.get().created_at
    assert sent_at == datetime(2019, 6, 20, 3, 6, 40, 123000, tzinfo=UTC)
    (tmp_path / "users.json").write_text("\ufeff" + json.dumps(relaxed, indent=2))
    told = message(createdAt={"$date": "2019-06-20T03:06:40.123Z"})
    (tmp_path / "chats.json").write_text(json.dumps([chat(told)], indent=1))
    before = everything()
    again = import_legacy("--commit")
    assert everything() == before
    assert "Read back: chats, 1, equal" in first
    assert re.search(r"^ +messages +1 +0 +0 +1 +0 +0$", again, re.MULTILINE)


def test_a_thousand_chats_are_read_back_equal(tmp_path, import_legacy, api):
    numbers = [5511900000000 + n for n in range(1000)]
    write(
        tmp_path,
        users=[user(contacts=[contact(n, name=f"Cliente {n}") for n in numbers])],
        chats=[
            chat(
                message(n, f"Olá {n}"), message("7", "Bom dia 🌻", status="read"),
                message(n, "tchau", type="base64"), _id=oid(n), contactId=n,
            )
            for n in numbers
        ],
    )  # fmt: skip
    said = import_legacy("--commit")
    assert "Read back: contacts, 1000, equal" in said
    assert "Read back: chats, 1000, equal" in said
    read = api.post(
        "/api/chat/message", {"operatorId": "0", "contactId": numbers[417]}
    ).json()["data"]
    assert [(m["from"], m["content"], m["status"]) for m in read] == [
        (numbers[417], f"Olá {numbers[417]}", "wait"),
        ("legado:7", "Bom dia 🌻", "read"),
        (numbers[417], "tchau", "wait"),
    ]


def test_an_import_that_reads_back_differently_is_rolled_back(
    tmp_path, import_legacy, monkeypatch
):
    write(tmp_path, users=[user(contacts=[contact()])], chats=[chat(message())])
    as_it_is = proof.old_message
    monkeypatch.setattr(
        proof, "old_message", lambda *of: [*as_it_is(*of)[:2], "", *as_it_is(*of)[3:]]
    )
    assert problems(tmp_path) == []
    assert not Message.objects.exists()


def test_a_person_in_two_spellings_is_one_contact(tmp_path, import_legacy):
    people = [contact(), contact(551188887777, name="João de novo")]
    write(tmp_path, users=[user(contacts=people)])
    said = import_legacy("--commit")
    assert "users.json:1 contacts[1]: This is the person of users.json:1" in said
    assert Contact.objects.get().name == "João"


def test_operators_are_mapped_or_become_placeholders(tmp_path, import_legacy):
    manager = builders.make_bakery()
    ana = builders.make_operator(manager, builders.make_area(manager, "vendas"))
    people = [contact(operatorId="2"), contact(5511977776666, operatorId=3)]
    write(
        tmp_path,
        users=[user(contacts=people)],
        chats=[
            chat(message("2"), message("3"), message("bot")),
            chat(message("3"), _id=oid(101), contactId=5511977776666),
        ],
    )
    said = import_legacy()
    assert "Not in the map: operators.5511400011111.2 (" in said
    operators = {"2": ana.user.username, "bot": None, "*": "placeholder"}
    (tmp_path / "map").write_text(
        json.dumps({"operators": {"5511400011111": operators}})
    )
    said = import_legacy("--commit", "--map", str(tmp_path / "map"))
    assert "Not in the map" not in said
    three = Operator.objects.get(name="Operator 3")
    assert (three.is_active, three.user.is_active) == (False, False)
    assert not three.user.has_usable_password()
    first, second = Contact.objects.order_by("id")
    assert (first.operator, second.operator) == (ana, None)
    senders = Message.objects.order_by("id").values_list("sender", flat=True)
    assert list(senders) == [str(ana.pk), str(three.pk), "legado:bot", str(three.pk)]
    before = everything()
    import_legacy("--commit", "--map", str(tmp_path / "map"))
    assert everything() == before


def test_hostile_values_are_stored_as_text(tmp_path, import_legacy):
    name = "'); DROP TABLE contacts_contact; --\t\\N\n=cmd|' /C calc'!A0"
    script = "<script>alert(1)</script>\\.\r\n\x1b[31m"
    write(
        tmp_path,
        users=[user(contacts=[contact(name=name, **{"a\x1b[31m<b>": 1})])],
        chats=[chat(message(text=script))],
    )
    said = import_legacy("--commit")
    assert "\x1b" not in said
    assert "a\\x1b[31m<b> (1)" in said
    assert Contact.objects.get().name == name
    assert Message.objects.get().content == script


def test_a_taken_protocol_is_replaced_and_recorded(tmp_path, import_legacy):
    numbers = (5511988887777, 5511977776666)
    write(
        tmp_path,
        users=[user(contacts=[contact(n, protocol="P-1") for n in numbers])],
        chats=[chat(message(n), _id=oid(n), contactId=n) for n in numbers],
    )
    import_legacy("--commit")
    first, second = Chat.objects.order_by("id")
    assert first.protocol == "P-1"
    assert second.protocol == second.contact.protocol != "P-1"
    assert ImportRef.objects.get(
        row_id=second.contact_id, collection="contacts"
    ).protocol == ("P-1")


def test_a_time_in_the_future_becomes_now(tmp_path, import_legacy):
    later = (datetime.now(UTC) + timedelta(days=9)).isoformat()
    write(
        tmp_path,
        users=[user(contacts=[contact()])],
        chats=[chat(message(date=later), message())],
    )
    said = import_legacy("--commit")
    assert "messages[0]: Its time is in the future" in said
    first, second = Message.objects.order_by("id")
    assert first.created_at <= datetime.now(UTC)
    assert second.created_at == datetime(2019, 6, 19, 18, 16, 32, 1000, tzinfo=UTC)
