"""The supervisor's forms of tags, quick replies and reasons."""

import pytest

from areas.models import ClosingReason, TransferReason
from chats.models import Reply, ReplyFile
from contacts.models import Tag, Tagging
from tests.admin.conftest import agree_to, errors

TAGS = "/admin/contacts/tag/"
REPLIES = "/admin/chats/reply/"
CLOSING = "/admin/areas/closingreason/"
TRANSFER = "/admin/areas/transferreason/"
CODED = {"code": "vip", "name": "  Cliente  VIP ", "is_active": "on"}


def add(client, page, manager, **given):
    return client.post(f"{page}add/", {"manager": manager.pk} | given)


def test_a_tag_is_added_and_its_code_cannot_be_changed(desk, manager, contact):
    answer = add(desk, TAGS, manager, **CODED, colour="#FF0000")
    assert answer.status_code == 302, errors(answer)
    tag = Tag.objects.get()
    assert (tag.code, tag.name, tag.colour) == ("vip", "Cliente VIP", "#ff0000")
    Tagging.objects.create(manager=manager, contact=contact, tag=tag)
    page = desk.get(TAGS).content.decode()
    assert 'fill="#ff0000"' in page
    given = {"code": "other", "name": "Ouro", "colour": "#00ff00"}
    answer = desk.post(f"{TAGS}{tag.pk}/change/", given)
    assert answer.status_code == 302, errors(answer)
    tag.refresh_from_db()
    assert (tag.code, tag.name, tag.is_active) == ("vip", "Ouro", False)
    assert desk.get(f"{TAGS}{tag.pk}/delete/").status_code == 403


@pytest.mark.parametrize("page", [TAGS, CLOSING, TRANSFER])
def test_an_invalid_item_is_an_error_of_its_field(desk, manager, page):
    given = {**CODED, "colour": "#ff0000"}
    assert add(desk, page, manager, **given).status_code == 302
    for over, field in (
        ({}, "code"),
        ({"code": "Não"}, "code"),
        ({"code": "b", "name": " "}, "name"),
    ):
        assert list(errors(add(desk, page, manager, **given | over))) == [field]


def test_an_invalid_colour_is_refused(desk, manager):
    answer = add(desk, TAGS, manager, **CODED, colour="red;x")
    assert list(errors(answer)) == ["colour"]


def test_reasons_are_added(desk, manager, sales, support):
    assert add(desk, CLOSING, manager, **CODED, area=sales.pk).status_code == 302
    assert add(desk, TRANSFER, manager, **CODED).status_code == 302
    assert ClosingReason.objects.get().area == sales
    assert TransferReason.objects.get().name == "Cliente VIP"


def test_an_area_of_another_manager_is_not_offered(desk, manager, foreign):
    given = {**CODED, "area": foreign.area.pk}
    assert list(errors(add(desk, CLOSING, manager, **given))) == ["area"]
    reply = {"shortcut": "oi", "text": "Oi", "area": foreign.area.pk}
    assert list(errors(add(desk, REPLIES, manager, **reply))) == ["area"]
    assert not Reply.objects.filter(manager=manager).exists()


def test_a_supervisor_writes_quick_replies(desk, manager, sales):
    answer = add(desk, REPLIES, manager, shortcut="oi", text="Oi, {nome}!")
    assert answer.status_code == 302, errors(answer)
    again = add(desk, REPLIES, manager, shortcut="oi", text="x")
    assert list(errors(again)) == ["shortcut"]
    given = {"shortcut": "oi", "text": "x", "area": sales.pk}
    assert add(desk, REPLIES, manager, **given).status_code == 302
    for over, field in (
        ({"shortcut": "Oi"}, "shortcut"),
        ({"shortcut": "b", "text": " "}, "text"),
        ({"shortcut": "b", "text": "x" * 4097}, "text"),
    ):
        assert list(errors(add(desk, REPLIES, manager, **given | over))) == [field]
    row = Reply.objects.get(area=None)
    answer = desk.post(f"{REPLIES}{row.pk}/change/", {"shortcut": "ola", "text": "Olá"})
    assert answer.status_code == 302, errors(answer)
    row.refresh_from_db()
    assert (row.shortcut, row.text) == ("ola", "Olá")
    assert "{saudacao}" in desk.get(f"{REPLIES}add/").content.decode()


def test_an_operators_own_reply_is_shown_and_can_be_deleted(desk, manager, ana):
    file = ReplyFile.objects.create(manager=manager, mime="image/png", size=1)
    row = Reply.objects.create(
        manager=manager, operator=ana, shortcut="oi", text="Da Ana", file=file
    )
    page = desk.get(f"{REPLIES}{row.pk}/change/").content.decode()
    assert "Da Ana" in page
    assert "image/png" in page
    answer = desk.post(f"{REPLIES}{row.pk}/change/", {"shortcut": "x", "text": "x"})
    assert answer.status_code == 403
    row.refresh_from_db()
    assert row.text == "Da Ana"
    path = f"{REPLIES}{row.pk}/delete/"
    asked = desk.post(path, {"post": "yes"})
    assert Reply.objects.exists()
    agree_to(desk, path, asked, {"post": "yes"})
    assert not Reply.objects.exists()
    assert not ReplyFile.objects.exists()
