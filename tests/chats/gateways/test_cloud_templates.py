"""The approved templates of a Cloud API account, and the platform's notices about them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chats.gateways.base import (
    Accepted,
    ApprovedTemplate,
    Failed,
    HasTemplates,
    Rejected,
    Template,
)
from chats.gateways.whatsapp_cloud import templates as reading
from chats.gateways.whatsapp_cloud.templates import parse_template
from hci_center.demo.gateways import faults
from hci_center.demo.gateways.cloud_templates import template
from tests.chats.gateways.rigs import RIGS, TOKEN, CloudRig


@pytest.fixture
def rig():
    rig = CloudRig()
    yield rig
    rig.fake.stop()


def fetched(rig):
    return rig.gateway.templates(rig.account)


def asked(rig):
    return [r for r in rig.fake.requests if "message_templates" in r.path]


def test_templates_are_listed_with_their_parameters(rig):
    by_name = {one.name: one for one in fetched(rig)}
    assert by_name["pedido_chegou"] == ApprovedTemplate(
        "pedido_chegou",
        "pt_BR",
        "UTILITY",
        "Olá, {{1}}! Seu pedido de {{2}} chegou ao nosso depósito. "
        "Responda esta mensagem para combinar a entrega.",
        2,
    )
    assert by_name["retomar_conversa"].parameters == 0
    assert "promocao_natal" not in by_name
    needs = {one.name: one.needs for one in by_name.values() if one.needs}
    assert needs == {
        "segunda_via_boleto": "header",
        "pedido_enviado": "button",
        "lembrete_visita": "named",
    }


def test_only_templates_listed_as_sendable_are_accepted(rig):
    for one in fetched(rig):
        values = ("a",) * one.parameters
        sent = Template(one.name, one.language, values)
        outcome = rig.send(kind="template", text="", template=sent)
        assert isinstance(outcome, Rejected if one.needs else Accepted), one.name


@pytest.mark.parametrize(
    "values", [(), ("a",), ("a", "b", "c"), ("a", ""), ("a", "\n")]
)
def test_wrong_values_are_a_permanent_error(rig, values):
    sent = Template("pedido_chegou", "pt_BR", values)
    outcome = rig.send(kind="template", text="", template=sent)
    assert isinstance(outcome, Rejected)
    assert outcome.code == "bad_message"
    assert not rig.fake.delivered


def test_all_pages_are_read_without_a_token_in_the_url(rig, monkeypatch):
    monkeypatch.setattr(reading, "PAGE", 7)
    rig.fake.templates = [template(f"modelo_{n}", "Olá") for n in range(30)]
    assert len(fetched(rig)) == 30
    assert len(asked(rig)) == 5
    assert all(TOKEN not in request.target for request in asked(rig))


def test_all_templates_of_a_large_account_are_read(rig):
    text = "Olá, {{1}}! " + "ã" * 900
    rig.fake.templates = [template(f"modelo_{n}", text) for n in range(250)]
    assert len(fetched(rig)) == 250
    assert len(asked(rig)) == 3


def test_endless_pages_are_not_followed(rig, monkeypatch):
    rig.fake.templates = [template(f"modelo_{n}", "Olá") for n in range(50)]
    monkeypatch.setattr(reading, "PAGE", 1)
    monkeypatch.setattr(reading, "MOST_PAGES", 10)
    outcome = fetched(rig)
    assert isinstance(outcome, Failed)
    assert len(asked(rig)) == 10


def test_a_fetch_that_takes_too_long_ends(rig, monkeypatch):
    monkeypatch.setattr(reading, "LONGEST_FETCH", -1.0)
    outcome = fetched(rig)
    assert isinstance(outcome, Failed)
    assert outcome.code == "timeout"


def test_a_page_that_is_too_large_fails(rig, monkeypatch):
    monkeypatch.setattr(reading, "LARGEST_PAGE", 500)
    outcome = fetched(rig)
    assert isinstance(outcome, Failed)
    assert outcome.code == "unreadable"


def test_an_error_on_a_later_page_fails_the_whole_fetch(rig, monkeypatch):
    monkeypatch.setattr(reading, "PAGE", 3)
    monkeypatch.setattr(rig.fake, "is_send", lambda _request: True)
    rig.fake.fault_for = lambda r: faults.cut() if "after=" in r.target else None
    assert isinstance(fetched(rig), Failed)


def test_a_refused_token_is_reported(rig):
    rig.account = rig.with_token("wrong-canary")
    outcome = fetched(rig)
    assert isinstance(outcome, Failed)
    assert outcome.code == "not_authorized"
    assert "wrong-canary" not in outcome.reason


@pytest.mark.parametrize("business", ["", "../1", "1?fields=x"])
def test_an_account_without_a_business_makes_no_request(rig, business):
    rig.account = replace(rig.account, business=business)
    outcome = fetched(rig)
    assert isinstance(outcome, Failed)
    assert outcome.code == "bad_setup"
    assert not asked(rig)


@pytest.mark.parametrize("name", sorted(RIGS))
def test_only_the_cloud_api_has_templates(name):
    rig = RIGS[name]()
    try:
        assert isinstance(rig.gateway, HasTemplates) is (name == "whatsapp_cloud")
    finally:
        rig.fake.stop()


# Parsing


def listed(*components, **over):
    return {
        "name": "modelo",
        "language": "pt_BR",
        "status": "APPROVED",
        "category": "UTILITY",
        "components": list(components),
        **over,
    }


def body(text):
    return {"type": "BODY", "text": text}


def buttons(*kinds):
    return {"type": "BUTTONS", "buttons": [{"type": kind} for kind in kinds]}


@pytest.mark.parametrize(
    ("text", "parameters", "needs"),
    [
        ("Olá", 0, ""),
        ("{{1}} {{2}} e outra vez {{1}}", 2, ""),
        ("{{ 1 }}", 1, ""),
        ("{{2}}", 1, "named"),
        ("{{nome}}", 1, "named"),
        ("{{1}} {{nome}}", 2, "named"),
        (" ".join(f"{{{{{n}}}}}" for n in range(1, 34)), 33, "named"),
    ],
)
def test_the_parameters_of_a_text_are_counted(text, parameters, needs):
    parsed = parse_template(listed(body(text)))
    assert (parsed.parameters, parsed.needs) == (parameters, needs)


@pytest.mark.parametrize(
    ("component", "needs"),
    [
        ({"type": "FOOTER", "text": "Loja"}, ""),
        ({"type": "HEADER", "format": "TEXT", "text": "Pedido"}, ""),
        ({"type": "HEADER", "format": "TEXT", "text": "Pedido {{1}}"}, "header"),
        ({"type": "HEADER", "format": "LOCATION"}, "header"),
        (buttons("QUICK_REPLY", "PHONE_NUMBER", "URL"), ""),
        (buttons("QUICK_REPLY", "OTP"), "button"),
        (buttons("COPY_CODE"), "button"),
        (buttons("FLOW"), "button"),
        ({"type": "CAROUSEL", "cards": []}, "other"),
        ({"type": "LIMITED_TIME_OFFER"}, "other"),
        ("nonsense", "other"),
    ],
)
def test_the_other_parameters_of_a_template(component, needs):
    assert parse_template(listed(body("Olá"), component)).needs == needs


@pytest.mark.parametrize(
    "value",
    [
        None,
        "modelo",
        {},
        listed(body("Olá"), status="PAUSED"),
        listed(body("Olá"), name=""),
        listed(body("Olá"), name="m" * 513),
        listed(body("Olá"), language=""),
        listed(body("x" * 4097)),
    ],
)
def test_unsupported_templates_are_left_out(value):
    assert parse_template(value) is None


def test_text_that_the_database_refuses_is_cleaned():
    parsed = parse_template(listed(body("Olá\x00 \ud800")))
    assert parsed.text == "Olá ?"
