"""manage.py import_legacy: files that are refused, changing nothing."""

from __future__ import annotations

import json

import pytest
from django.core.management import CommandError

from chats.models import Chat
from managers.models import Manager
from tests.legacy.conftest import chat, contact, message, oid, user, write
from tests.legacy.database import problems

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("over", "place"),
    [
        ({"from": None}, "messages[1].from: This field is required."),
        ({"content": "a\x00b"}, "messages[1].content: This holds a NUL character."),
        ({"content": ["x"]}, "messages[1].content: This must be a text."),
        ({"type": "DROP TABLE"}, "messages[1].type: A type has"),
        ({"createdAt": "ontem"}, "messages[1].createdAt: This must be a Unix time."),
        ({"content": "x" * 65_537}, "messages[1].content: This is longer than 65536"),
    ],
)
def test_an_invalid_message_is_reported_with_its_line(tmp_path, over, place):
    others = [chat(message(n), _id=oid(n), contactId=n) for n in range(10, 15)]
    write(
        tmp_path,
        users=[user(contacts=[contact()])],
        chats=[*others, chat(message(), message() | over)],
    )
    [said] = problems(tmp_path)
    assert said.startswith(f"error: chats.json:6 {place}")


def test_invalid_json_is_reported_with_its_line(tmp_path):
    write(tmp_path, users=[user()])
    good = json.dumps(chat(message(), contactId=5511900000001))
    (tmp_path / "chats.json").write_text(f'{good}\n{{"_id": 1,}}\n{good[:-9]}\n')
    said = problems(tmp_path)
    assert said == [
        "error: chats.json:2: This is not JSON.",
        "error: chats.json:3: This is not JSON.",
    ]


def test_two_users_with_one_number_are_both_named(tmp_path):
    write(tmp_path, users=[user(), user(_id=oid(2), facebookId=0, controllerPort="")])
    assert problems(tmp_path) == [
        "error: users.json:2 number: The document at users.json:1 has it too."
    ]


def test_a_chat_of_two_users_needs_a_name(tmp_path, import_legacy):
    other = user(_id=oid(2), number=5511400022222, facebookId="", controllerPort=0)
    users = [user(contacts=[contact()]), other | {"contacts": [contact()]}]
    write(tmp_path, users=users, chats=[chat(message())])
    [said] = problems(tmp_path)
    assert said.startswith("error: chats.json:1 contactId: 2 contacts have this id")
    named = chat(message(), _id=oid(101), number="+55 11 40002-2222")
    write(tmp_path, chats=[chat(message()), named])
    (tmp_path / "map").write_text(
        json.dumps({"chats": {oid(100)["$oid"]: "5511400011111"}})
    )
    import_legacy("--commit", "--map", str(tmp_path / "map"))
    whose = Chat.objects.order_by("id").values_list("manager__number", flat=True)
    assert list(whose) == [5511400011111, 5511400022222]


def test_a_map_with_unknown_operators_is_refused(tmp_path):
    write(tmp_path, users=[user()])
    given = {"operators": {"5511400011111": {"2": "ninguém"}, "1": {}}}
    (tmp_path / "m.json").write_text(json.dumps(given))
    said = problems(tmp_path, "--map", str(tmp_path / "m.json"))
    assert [line.split(": ")[1] for line in said] == [
        "m.json operators.5511400011111.2",
        "m.json operators.1",
    ]


@pytest.mark.parametrize(
    ("before", "after"),
    [("[", ""), ("[", ",\n"), ("\ufeff [\n", "\n"), ("", "]")],
)
def test_an_array_without_its_end_is_refused(tmp_path, import_legacy, before, after):
    (tmp_path / "users.json").write_text(f"{before}{json.dumps(user())}{after}")
    with pytest.raises(CommandError, match=r"users.json is an array without its end"):
        import_legacy("--commit")
    assert not Manager.objects.exists()
