"""The back-office's own Portuguese texts, where Django's would be wrong."""

from __future__ import annotations

import re

import pytest

from areas.models import Assignment
from chats.accounts.health import record
from chats.admin.ledger import RULES
from chats.conversations.audit import Actor
from chats.conversations.lifecycle import open_chat
from chats.gateways.base import Health
from chats.models import Attachment, Auto, Chat, GatewayAccount
from managers.models import Manager
from tests.admin.conftest import messages_of
from tests.admin.test_managers import MANAGER
from tests.builders import make_contact, make_message

ADD = "/admin/managers/manager/add/"


def read(client, path):
    answer = client.get(path, headers={"Accept-Language": "pt-BR"})
    assert answer.status_code == 200
    return answer


@pytest.fixture
def added(office):
    """Returns the response to a form that added a manager."""
    return office.post(ADD, MANAGER, follow=True, headers={"Accept-Language": "pt-BR"})


def test_the_message_about_an_added_row_has_no_gender(added):
    """Django's sentence takes every noun as masculine: "O empresa foi adicionado"."""
    [said] = messages_of(added)
    assert said.startswith("Inclusão concluída: empresa “")
    assert "Padaria Estrela" in said


def test_the_history_has_no_gender(office, added):
    manager = Manager.objects.get()
    form = MANAGER | {"name": "Padaria Lua"}
    office.post(f"/admin/managers/manager/{manager.pk}/change/", form)
    answer = read(office, f"/admin/managers/manager/{manager.pk}/history/")
    page = answer.content.decode()
    assert "Inclusão." in page
    assert "Campos alterados: " in page
    assert "Adicionad" not in page


@pytest.mark.parametrize(("language", "back"), [("pt-BR", "Voltar"), ("en", "Back")])
def test_the_button_to_leave_a_page_is_not_called_close(desk, own, language, back):
    """Next to a chat, "Close" would mean closing the chat."""
    answer = desk.get(
        f"/admin/chats/chatevent/{own.event.pk}/change/",
        headers={"Accept-Language": language},
    )
    page = answer.content.decode()
    assert re.search(rf"<a[^>]*>\s*{back}\s*</a>", page)
    assert not re.search(r">\s*(Close|Fechar|Encerrar)\s*</a>", page)


def test_titles_of_events_and_gateways(office, own):
    record(own.manager.pk, "whatsapp", Health("closed", "no phone"))
    account = GatewayAccount.objects.get()
    for path, title in (
        (f"chats/chatevent/{own.event.pk}", "Aberto, "),
        (
            f"chats/gatewayaccount/{account.pk}",
            f"{own.manager} (WhatsApp): Desconectada",
        ),
    ):
        page = read(office, f"/admin/{path}/change/")
        assert page.context["subtitle"].startswith(title)
    for path, title in (
        ("chatevent", "evento do atendimento"),
        ("gatewayaccount", "sessão do gateway"),
        ("inboundevent", "evento recebido"),
    ):
        page = read(office, f"/admin/chats/{path}/")
        assert title in page.context["title"].lower()


def test_types_of_messages(desk, own):
    file = make_message(own.chat, type="image", content="Arquivo em anexo")
    Attachment.objects.create(
        message=file, file="ab/cd", mime="image/png", size=2048, sha256="0" * 64
    )
    page = read(desk, f"/admin/chats/chat/{own.chat.pk}/change/").content.decode()
    assert "(Imagem, 2,0\xa0KB)" in page
    assert "(image" not in page.lower().replace("(imagem", "")
    page = read(desk, f"/admin/chats/message/{own.message.pk}/change/")
    assert ">Texto<" in page.content.decode()


def test_rules_have_names_and_months_are_in_lower_case(office, manager):
    chat = open_chat(make_contact(manager), actor=Actor("rule:away"))
    Chat.objects.update(opened_at="2026-11-29T22:24:00Z")
    page = read(office, "/admin/chats/chatevent/").content.decode()
    assert "Horário de atendimento" in page
    assert "rule:away" not in page
    page = read(office, f"/admin/chats/chat/{chat.pk}/change/").content.decode()
    assert "29/11/2026 19:24" in page
    assert "Novembro" not in page


def test_every_rule_that_acts_has_a_name():
    acting = {"entry", "offline", "last", *Assignment.values, *Auto.values}
    assert acting - {"off", "phone"} == set(RULES)
