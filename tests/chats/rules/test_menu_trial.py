"""POST api/user/menu/try: simulates what a customer would receive."""

from __future__ import annotations

from typing import Any

import pytest

from areas.rules.menus import publish_menu
from chats.models import Chat, Message
from contacts.models import Contact
from tests import builders
from tests.conftest import signed_in
from tests.contract.shapes import answered, refused
from tests.menus import MENU, ROOT, SUPPORT

URL = "/api/user/menu/try"
# Sunday 2026-11-22, 10:00 in São Paulo.
AT = 1795352400


@pytest.fixture
def centre(manager: Any) -> Any:
    for code in ("vendas", "suporte"):
        if not manager.areas.filter(code=code).exists():
            builders.make_area(manager, code)
    return manager


def play(api: Any, manager: Any, *say: Any, **over: Any) -> Any:
    body = {"number": manager.number, "say": list(say), "menu": MENU, "at": AT}
    return api.post(URL, body | over)


def test_a_conversation(api, centre):
    said = ["oi", "2", "0", "quê?", {"type": "image"}, "comprar", "alguém?"]
    answer = play(api, centre, *said, name="Maria Souza").json()["data"]
    texts = [turn["answers"] for turn in answer["turns"]]
    assert texts == [
        [f"Bom dia, Maria!\n\n{ROOT}"],
        [SUPPORT],
        [ROOT],
        [f"Não entendi.\n\n{ROOT}"],
        [f"Só texto, por favor.\n\n{ROOT}"],
        ["Você vai para Vendas."],
    ]
    assert [turn["step"] for turn in answer["turns"]][:3] == [
        "inicio",
        "suporte",
        "inicio",
    ]
    assert [turn["sa"] for turn in answer["turns"]] == [10, 20, 10, 10, 10, None]
    assert answer["turns"][4]["said"] == {"type": "image"}
    assert answer["ended"] == {"why": "area", "area": "vendas"}
    assert not Chat.objects.exists()
    assert not Message.objects.exists()
    assert not Contact.objects.exists()


WEEKDAYS = {day: ["08:00-18:00"] for day in ("mon", "tue", "wed", "thu", "fri")}
CLOSED = "{nome}, {area} abre {abre}."


def close_sales(centre, **over):
    """Closes an area on Sundays, with a text."""
    sales = centre.areas.get(code="vendas")
    builders.save_policy(centre, sales, hours=WEEKDAYS, awayText=CLOSED, **over)


def test_choosing_a_closed_area_sends_its_text(api, centre):
    close_sales(centre)
    answer = play(api, centre, "oi", "1", name="Maria").json()["data"]
    assert answer["turns"][1]["answers"] == [
        "Você vai para Vendas.",
        "Maria, Vendas abre amanhã às 08:00.",
    ]
    assert answer["ended"] == {"why": "area", "area": "vendas"}
    # The next day it is open.
    answer = play(api, centre, "oi", "1", at=AT + 86400).json()["data"]
    assert answer["turns"][1]["answers"] == ["Você vai para Vendas."]


def test_choosing_a_closed_area_can_lead_to_another(api, centre):
    close_sales(centre, awayArea="suporte")
    answer = play(api, centre, "oi", "1", name="Maria").json()["data"]
    assert len(answer["turns"][1]["answers"]) == 2
    assert answer["ended"] == {"why": "area", "area": "suporte"}


def test_the_trial_sends_the_texts_of_the_worker(api, centre, maria, says):
    always_closed = {"hours": {}, "awayText": "{nome}, {area} está fechada."}
    builders.save_policy(centre, centre.areas.get(code="vendas"), **always_closed)
    publish_menu(centre.pk, MENU)
    centre.refresh_from_db()
    says(maria, "oi")
    says(maria, "1")
    sent = Message.objects.filter(direction="out").order_by("pk")
    body = {"number": centre.number, "say": ["oi", "1"], "name": maria.name}
    turns = api.post(URL, body).json()["data"]["turns"]
    assert [text for turn in turns for text in turn["answers"]] == [
        message.content for message in sent
    ]
    assert len(sent) == 3


def test_without_a_menu_the_default_areas_text_is_sent(api, centre):
    close_sales(centre)
    builders.save_policy(centre, entryArea="vendas")
    menu = MENU | {"channels": ["facebook"]}
    answer = play(api, centre, "oi", "alguém?", menu=menu, name="Maria").json()["data"]
    told = [turn["answers"] for turn in answer["turns"]]
    assert told == [["Maria, Vendas abre amanhã às 08:00."], []]


def test_too_many_wrong_answers(api, centre):
    answer = play(api, centre, "oi", "a", "b", "c").json()["data"]
    assert answer["turns"][-1]["answers"] == []
    assert answer["ended"] == {"why": "retries", "area": "suporte"}


def test_the_menu_in_force(api, centre):
    publish_menu(centre.pk, MENU)
    body = {"number": centre.number, "say": ["oi"]}
    answer = api.post(URL, body).json()["data"]
    assert answer["turns"][0]["step"] == "inicio"
    assert answer["ended"] is None


def test_without_a_menu(api, centre):
    response = api.post(URL, {"number": centre.number, "say": ["oi"]})
    assert response.status_code == 400
    assert list(response.json()["error"]["fields"]) == ["menu"]


def test_a_channel_without_the_menu(api, centre):
    menu = MENU | {"channels": ["facebook"]}
    answered(
        play(api, centre, "oi", menu=menu),
        {
            "turns": [{"said": "oi", "answers": [], "step": None, "sa": None}],
            "ended": None,
        },
    )
    answer = play(api, centre, "oi", menu=menu, channel="facebook").json()["data"]
    assert answer["turns"][0]["step"] == "inicio"


@pytest.mark.parametrize(
    "say", [[], "oi", {"type": "image"}, [None], [{}], ["x" * 4097]]
)
def test_invalid_messages_are_refused(api, centre, say):
    response = api.post(URL, {"number": centre.number, "say": say, "menu": MENU})
    assert response.status_code == 400
    assert list(response.json()["error"]["fields"]) == ["say"]


def test_too_many_messages_are_refused_as_that(api, centre):
    response = play(api, centre, *["oi"] * 201)
    assert response.status_code == 400
    assert "200" in str(response.json()["error"]["fields"]["say"])


def test_an_error_names_the_invalid_part(api, centre):
    response = play(api, centre, "oi", menu=MENU | {"fallback": "compras"})
    assert response.status_code == 400
    assert list(response.json()["error"]["fields"]) == ["menu.fallback"]


def test_a_hostile_name_is_not_expanded(api, centre):
    answer = play(api, centre, "oi", name="{protocolo}").json()["data"]
    assert answer["turns"][0]["answers"][0].startswith("Bom dia, {protocolo}!")


def test_operators_may_not_try_a_menu(ana, centre):
    refused(play(signed_in(ana.user), centre, "oi"), 403, "forbidden")
