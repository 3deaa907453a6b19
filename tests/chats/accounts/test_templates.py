"""Approved templates are fetched by the worker, hourly and after news, and listed."""

from __future__ import annotations

import json
import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from chats.accounts import templates
from chats.accounts.health import ensure_accounts
from chats.accounts.registry import GatewayRegistry
from chats.models import ApprovedTemplate, GatewayAccount, TemplateFetch
from hci_center.background.models import BackgroundFault
from hci_center.demo.gateways import faults
from hci_center.demo.gateways.cloud_templates import template
from tests import builders
from tests.chats.conftest import CLOUD_PHONE, post
from tests.conftest import signed_in

pytestmark = pytest.mark.django_db(transaction=True)

WABA = "102290129340398"
SENDABLE = [
    "boas_vindas",
    "pedido_chegou",
    "pesquisa_satisfacao",
    "retomar_conversa",
]


def name_business(manager, **over):
    options = {
        "phoneNumberId": CLOUD_PHONE,
        "token": "tok",
        "appSecret": "own",
        "wabaId": WABA,
    }
    manager.gateway_settings = json.dumps(options | over)
    manager.save()


@pytest.fixture
def business(cloud, manager):
    name_business(manager)
    return cloud


def run(rounds):
    """Runs the worker's two tasks about templates, and what follows, to the end."""
    for name in ("accounts", "template accounts", "templates"):
        rounds.worker._dues.pop(name, None)
    rounds.make()


def fetch():
    return TemplateFetch.objects.get()


def make_due():
    TemplateFetch.objects.update(next_at=timezone.now())


def listed(api, manager):
    answer = api.post("/api/user/templates", {"number": manager.number})
    assert answer.status_code == 200
    return answer.json()["data"]["templates"]


def names(api, manager):
    return [one["name"] for one in listed(api, manager)]


def asked(fake):
    return len([r for r in fake.requests if "message_templates" in r.path])


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


def test_what_is_gone_is_gone_and_what_changed_has_changed(
    business, manager, rounds, api
):
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


def test_a_number_without_its_business_asks_nothing(cloud, manager, rounds, api):
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


def test_other_gateways_have_none(business, manager, rounds, api):
    run(rounds)
    manager.gateway = "controller"
    manager.save()
    assert listed(api, manager) == []
    run(rounds)
    assert not ApprovedTemplate.objects.exists()
    assert not TemplateFetch.objects.exists()


def test_the_demonstration_has_none(business, manager, rounds):
    manager.is_demo = True
    manager.save()
    run(rounds)
    assert not TemplateFetch.objects.exists()


# News


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("message_template_status_update", {"event": "APPROVED", "reason": "NONE"}),
        ("message_template_components_update", {}),
        ("template_category_update", {"new_category": "MARKETING"}),
    ],
)
def test_a_report_on_a_template_has_them_fetched_at_once(
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


def test_a_report_during_a_fetch_has_them_fetched_again(business, manager):
    ensure_accounts()
    templates.ensure_fetches()
    claimed = templates.claim()
    templates.request_fetch(manager.pk, "whatsapp")
    assert templates.claim() is None
    templates._fetch(GatewayRegistry(), claimed)
    assert templates.claim() is not None


# Failures


def test_a_failure_is_recorded_and_tried_again_and_the_last_ones_stay(
    business, manager, rounds, api, monkeypatch
):
    run(rounds)
    monkeypatch.setattr(business, "is_send", lambda _request: True)
    for minutes in (1, 5, 15, 60, 60):
        business.faults.append(faults.cut())
        make_due()
        run(rounds)
        ahead = fetch().next_at - timezone.now()
        assert 0.85 < ahead / timedelta(minutes=minutes) < 1.15
    assert (fetch().failures, fetch().lease_until) == (5, None)
    assert fetch().error
    assert names(api, manager) == SENDABLE
    make_due()
    run(rounds)
    assert (fetch().failures, fetch().error) == (0, "")


def test_a_missing_permission_is_recorded(business, manager, rounds):
    name_business(manager, token="expired")
    run(rounds)
    assert "access" in fetch().error
    assert "expired" not in fetch().error


def test_settings_that_no_key_opens_are_recorded(business, manager, rounds):
    run(rounds)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE managers_manager SET gateway_settings = 'gAAAAABmNobodyHasTheKey'"
        )
    run(rounds)
    assert "HCI_TOKEN_KEYS" in fetch().error
    assert asked(business) == 1


def test_an_error_of_ours_is_a_fault_and_holds_up_no_other(
    business, manager, rounds, api, monkeypatch
):
    other = builders.make_manager(number=5511400022222, controller_port=8099)
    other.gateway = "whatsapp_cloud"
    name_business(other)
    real, first = templates._fetch, []

    def broken(drivers, claimed):
        if not first:
            first.append(claimed)
            raise ValueError
        real(drivers, claimed)

    monkeypatch.setattr(templates, "_fetch", broken)
    run(rounds)
    states = TemplateFetch.objects.order_by("failures").values_list(
        "failures", flat=True
    )
    assert list(states) == [0, 1]
    assert BackgroundFault.objects.get().task == "templates"


def test_a_lease_that_has_expired_stores_nothing(business):
    ensure_accounts()
    templates.ensure_fetches()
    late = templates.claim()
    TemplateFetch.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    business.templates = [template("nova", "Olá")]
    templates.fetch_due(GatewayRegistry(), templates.claim())
    templates._store(late, [])
    assert ApprovedTemplate.objects.get().name == "nova"
    templates._store_failure(late, templates.Failed("cut", "late"))
    assert fetch().error == ""


def test_a_gateway_that_hangs_holds_up_no_message(business, manager, rounds):
    """Nor does it hold up the round: the fetch is in a thread of its own."""
    reached = threading.Event()

    def wait(request):
        if "message_templates" in request.path:
            reached.set()
            business.released.wait(10)
        return False

    business.is_send = wait
    ensure_accounts()
    templates.ensure_fetches()
    rounds.worker.step()
    assert reached.wait(10)
    rounds.worker.step()
    assert GatewayAccount.objects.exists()
    assert not ApprovedTemplate.objects.exists()
    business.released.set()
    rounds.make()
    assert ApprovedTemplate.objects.exists()


# The call


def test_a_page_has_none(business, manager, rounds, api):
    run(rounds)
    answer = api.post("/api/user/templates", {"facebookId": manager.facebook_id})
    assert answer.json()["data"] == {"templates": []}


def test_operators_and_supervisors_read_them(
    business, manager, rounds, ana, supervisor
):
    run(rounds)
    for user in (ana.user, supervisor):
        assert names(signed_in(user), manager) == SENDABLE


def test_others_do_not_find_the_manager(business, manager, rounds, other_api):
    run(rounds)
    answer = other_api.post("/api/user/templates", {"number": manager.number})
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "manager_not_found"


def test_a_manager_must_be_named(api):
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


def test_a_template_that_is_not_known_is_shown_by_its_name(
    business, rounds, api, contact, ana
):
    run(rounds)
    assert send(api, contact, ana, "Maria") == "pedido_chegou: Maria"
    assert send(api, contact, ana, name="nova") == "nova"
    named = {"name": "lembrete_visita"}
    assert send(api, contact, ana, "a", "b", **named) == "lembrete_visita: a, b"
