"""The worker fetches approved templates hourly and after notices; a call lists them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from chats.accounts import templates
from chats.accounts.health import ensure_accounts
from chats.accounts.registry import GatewayRegistry
from chats.models import ApprovedTemplate, TemplateFetch
from hci_center.demo.gateways.cloud_templates import template
from tests import builders
from tests.chats.accounts.template_steps import (
    SENDABLE,
    WABA,
    asked,
    fetch,
    listed,
    make_due,
    name_business,
    names,
    run,
)
from tests.chats.conftest import post
from tests.conftest import signed_in

pytestmark = pytest.mark.django_db(transaction=True)


# Fetching


def test_the_worker_fetches_templates_and_the_call_lists_them(
    business, manager, rounds, api
):
    run(rounds)
    assert names(api, manager) == SENDABLE
    [arrived] = [one for one in listed(api, manager) if one["name"] == "pedido_chegou"]
    assert arrived == {
        "name": "pedido_chegou",
        "language": "pt_BR",
        "category": "UTILITY",
        "text": "Olá, {{1}}! Seu pedido de {{2}} chegou ao nosso depósito. "
        "Responda esta mensagem para combinar a entrega.",
        "parameters": 2,
    }
    needs = set(ApprovedTemplate.objects.values_list("needs", flat=True))
    assert needs == {"", "header", "button", "named"}


def test_the_next_fetch_is_in_about_an_hour(business, rounds):
    run(rounds)
    run(rounds)
    assert asked(business) == 1
    ahead = fetch().next_at - timezone.now()
    assert timedelta(minutes=53) < ahead < timedelta(minutes=67)


def test_deleted_and_changed_templates_are_updated(business, manager, rounds, api):
    run(rounds)
    kept = ApprovedTemplate.objects.get(name="boas_vindas").pk
    business.templates = [
        template("boas_vindas", "Olá, {{1}}! Bem-vindo à {{2}}."),
        template("boas_vindas", "Hi, {{1}}!", language="en"),
    ]
    make_due()
    run(rounds)
    shown = [(one["language"], one["parameters"]) for one in listed(api, manager)]
    assert shown == [("en", 1), ("pt_BR", 2)]
    assert ApprovedTemplate.objects.get(language="pt_BR").pk == kept


def test_an_account_without_templates_lists_none(business, manager, rounds, api):
    business.templates = []
    run(rounds)
    assert listed(api, manager) == []
    assert fetch().fetched_at is not None


def test_a_number_without_a_business_account_fetches_nothing(
    cloud, manager, rounds, api
):
    run(rounds)
    assert asked(cloud) == 0
    assert fetch().error == ""
    name_business(manager)
    run(rounds)
    assert names(api, manager) == SENDABLE


def test_new_settings_are_tried_at_once(business, manager, rounds, api):
    name_business(manager, token="expired")
    run(rounds)
    assert listed(api, manager) == []
    assert fetch().error
    name_business(manager)
    run(rounds)
    assert names(api, manager) == SENDABLE
    assert fetch().error == ""


def test_other_gateways_have_no_templates(business, manager, rounds, api):
    run(rounds)
    manager.gateway = "controller"
    manager.save()
    assert listed(api, manager) == []
    run(rounds)
    assert not ApprovedTemplate.objects.exists()
    assert not TemplateFetch.objects.exists()


def test_the_demonstration_has_no_templates(business, manager, rounds):
    manager.is_demo = True
    manager.save()
    run(rounds)
    assert not TemplateFetch.objects.exists()


# Notices


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("message_template_status_update", {"event": "APPROVED", "reason": "NONE"}),
        ("message_template_components_update", {}),
        ("template_category_update", {"new_category": "MARKETING"}),
    ],
)
def test_a_notice_about_a_template_triggers_a_fetch(
    business, manager, rounds, api, field, value
):
    run(rounds)
    business.templates = [template("nova", "Olá")]
    names_of_it = {
        "message_template_name": "nova",
        "message_template_language": "pt_BR",
    }
    report = business.report(field, WABA, **names_of_it, **value)
    assert post(business, "/webhooks/whatsapp", report).status_code == 200
    assert names(api, manager) == SENDABLE
    run(rounds)
    run(rounds)
    assert names(api, manager) == ["nova"]


def test_a_notice_during_a_fetch_triggers_another_one(business, manager):
    ensure_accounts()
    templates.ensure_fetches()
    claimed = templates.claim()
    templates.request_fetch(manager.pk, "whatsapp")
    assert templates.claim() is None
    templates._fetch(GatewayRegistry(), claimed)
    assert templates.claim() is not None


# Failures


# The call


def test_a_page_has_no_templates(business, manager, rounds, api):
    run(rounds)
    answer = api.post("/api/user/templates", {"facebookId": manager.facebook_id})
    assert answer.json()["data"] == {"templates": []}


def test_operators_and_supervisors_read_them(
    business, manager, rounds, ana, supervisor
):
    run(rounds)
    for user in (ana.user, supervisor):
        assert names(signed_in(user), manager) == SENDABLE


def test_callers_without_access_get_404(business, manager, rounds, other_api):
    run(rounds)
    answer = other_api.post("/api/user/templates", {"number": manager.number})
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "manager_not_found"


def test_a_manager_is_required(api):
    answer = api.post("/api/user/templates", {})
    assert answer.status_code == 400


def test_templates_of_another_manager_are_not_listed(business, manager, rounds, api):
    other = builders.make_manager(number=5511400022222, controller_port=8099)
    run(rounds)
    assert names(api, manager) == SENDABLE
    assert templates.templates_of(other.pk) == []


# What is shown of a message


def send(api, contact, operator, *values, **over):
    body = {
        "operatorId": str(operator.pk),
        "contactNumber": int(contact.external_id),
        "name": "pedido_chegou",
        "language": "pt_BR",
        "parameters": list(values),
    }
    path = "/api/chat/message/send/operator/template/8080"
    answer = api.post(path, body | over)
    assert answer.status_code == 200
    return answer.json()["data"]["content"]


def test_a_template_is_shown_as_the_customer_reads_it(
    business, rounds, api, contact, ana
):
    business.people[contact.external_id] = timezone.now() - timedelta(days=3)
    run(rounds)
    shown = send(api, contact, ana, "Maria", r"12 \1 {{1}}")
    assert shown.startswith(r"Olá, Maria! Seu pedido de 12 \1 {{1}} chegou")
    rounds.make()
    assert [one.text for one in business.delivered] == [shown]


def test_an_unknown_template_is_shown_by_its_name(business, rounds, api, contact, ana):
    run(rounds)
    assert send(api, contact, ana, "Maria") == "pedido_chegou: Maria"
    assert send(api, contact, ana, name="nova") == "nova"
    named = {"name": "lembrete_visita"}
    assert send(api, contact, ana, "a", "b", **named) == "lembrete_visita: a, b"
