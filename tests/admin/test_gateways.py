"""Gateway sessions and inbound events in the back-office."""

from __future__ import annotations

import pytest

from chats.accounts.health import record
from chats.accounts.notices import record_notice, record_template
from chats.accounts.registry import webhook_path
from chats.gateways.base import Health
from chats.gateways.events import AccountNotice, TemplateNotice
from chats.models import (
    ApprovedTemplate,
    GatewayAccount,
    GatewayNotice,
    InboundEvent,
    TemplateFetch,
)
from managers import webhook_secrets
from tests.admin.conftest import agree_to

pytestmark = pytest.mark.django_db

ACCOUNTS = "/admin/chats/gatewayaccount/"
EVENTS = "/admin/chats/inboundevent/"


def test_a_supervisor_sees_the_sessions_of_his_own_managers(
    desk, manager, other_manager
):
    record(manager.pk, "whatsapp", Health("closed", "phone is off"))
    record(other_manager.pk, "whatsapp", Health("closed", "foreign"))
    page = desk.get(ACCOUNTS).content.decode()
    assert "phone is off" in page
    assert "foreign" not in page
    account = GatewayAccount.objects.get(manager=manager)
    record(manager.pk, "whatsapp", Health("qr", "scan", "2@qr-text"))
    detail = desk.get(f"{ACCOUNTS}{account.pk}/change/").content.decode()
    assert "2@qr-text" in detail
    assert "phone is off" in detail
    foreign = GatewayAccount.objects.get(manager=other_manager)
    assert desk.get(f"{ACCOUNTS}{foreign.pk}/change/").status_code == 302


def test_the_address_for_a_gateway_without_signatures_is_shown(office, manager):
    manager.gateway = "evolution"
    manager.save()
    record(manager.pk, "whatsapp", Health("open"))
    account = GatewayAccount.objects.get()
    page = office.get(f"{ACCOUNTS}{account.pk}/change/").content.decode()
    assert f"/webhooks/evolution/{manager.pk}-" in page


def test_a_supervisor_asks_for_the_qr_of_his_own_session(desk, manager, other_manager):
    for one in (manager, other_manager):
        one.gateway = "evolution"
        one.save()
        record(one.pk, "whatsapp", Health("closed", "no phone"))
    account, foreign = GatewayAccount.objects.order_by("manager_id")
    assert account.manager == manager
    page = desk.get(f"{ACCOUNTS}{account.pk}/change/").content.decode()
    button = f"{ACCOUNTS}{account.pk}/connect/"
    assert button in page
    desk.get(button)  # opens the dialog
    account.refresh_from_db()
    assert account.qr_asked_at is None
    pressed = {"_form_submitted": "on"}
    assert desk.post(button, pressed).status_code == 302
    account.refresh_from_db()
    assert account.qr_asked_at is not None
    assert desk.post(f"{ACCOUNTS}{foreign.pk}/connect/", pressed).status_code == 404
    foreign.refresh_from_db()
    assert foreign.qr_asked_at is None


@pytest.mark.parametrize(
    ("gateway", "state"), [("evolution", "open"), ("whatsapp_cloud", "closed")]
)
def test_a_gateway_without_qr_codes_has_no_button(desk, manager, gateway, state):
    manager.gateway = gateway
    manager.save()
    record(manager.pk, "whatsapp", Health(state))
    account = GatewayAccount.objects.get()
    page = desk.get(f"{ACCOUNTS}{account.pk}/change/").content.decode()
    assert f"{ACCOUNTS}{account.pk}/connect/" not in page


def test_reports_of_a_platform_are_shown_and_acknowledged(desk, manager):
    problem = AccountNotice("violation", "problem", "The rules <b>say</b> no")
    record_notice(manager.pk, "whatsapp", problem)
    template = TemplateNotice("boas_vindas", "pt_BR", status="PAUSED", reason="ABUSE")
    record_template(manager.pk, "whatsapp", template)
    account = GatewayAccount.objects.get()
    path = f"{ACCOUNTS}{account.pk}/change/"
    page = desk.get(path).content.decode()
    for shown in ("The rules &lt;b&gt;say&lt;/b&gt; no", "boas_vindas", "PAUSED"):
        assert shown in page
    dealt_with = f"{ACCOUNTS}{account.pk}/handle_problems/"
    assert dealt_with in page
    pressed = {"_form_submitted": "on"}
    assert desk.post(dealt_with, pressed).status_code == 302
    assert GatewayNotice.objects.get().handled_at is not None
    page = desk.get(path).content.decode()
    assert dealt_with not in page
    assert "Dealt with" in page


def test_an_administrator_has_parked_events_processed_again(office):
    parked = InboundEvent.objects.create(
        source="facebook", lane="1", payload="{}", state="parked", note="KeyError"
    )
    done = InboundEvent.objects.create(
        source="facebook", lane="1", payload="{}", state="done"
    )
    assert "KeyError" in office.get(EVENTS).content.decode()
    chosen = {"action": "again", "_selected_action": [parked.pk, done.pk]}
    assert office.post(EVENTS, chosen).status_code == 302
    parked.refresh_from_db()
    done.refresh_from_db()
    assert (parked.state, done.state) == ("waiting", "done")


def test_supervisors_cannot_see_inbound_events(desk):
    assert desk.get(EVENTS).status_code == 403


@pytest.fixture
def session(manager):
    manager.gateway = "evolution"
    manager.save()
    record(manager.pk, "whatsapp", Health("open"))
    return GatewayAccount.objects.get()


def test_an_administrator_renews_a_webhook_address(office, manager, session):
    old = webhook_path("evolution", manager.pk)
    chosen = {"action": "renew_webhook", "_selected_action": [session.pk]}
    asked = office.post(ACCOUNTS, chosen)
    assert asked.status_code == 200
    assert webhook_path("evolution", manager.pk) == old
    agree_to(office, ACCOUNTS, asked, chosen, at_once="on")
    new = webhook_path("evolution", manager.pk)
    assert new != old
    assert webhook_secrets.manager_of("evolution", old.rpartition("/")[2]) is None
    page = office.get(f"{ACCOUNTS}{session.pk}/change/").content.decode()
    assert new in page


def test_a_supervisor_cannot_renew_a_webhook_address(desk, manager, session):
    old = webhook_path("evolution", manager.pk)
    chosen = {"action": "renew_webhook", "_selected_action": [session.pk]}
    desk.post(ACCOUNTS, chosen)
    assert webhook_path("evolution", manager.pk) == old
    assert "renew_webhook" not in desk.get(ACCOUNTS).content.decode()


def test_renewing_skips_a_session_without_a_webhook_address(office, manager):
    record(manager.pk, "whatsapp", Health("open"))
    account = GatewayAccount.objects.get()
    chosen = {"action": "renew_webhook", "_selected_action": [account.pk]}
    page = office.post(ACCOUNTS, chosen, follow=True).content.decode()
    assert "None of the chosen sessions" in page


def test_approved_templates_are_shown_with_their_parameters(desk, manager):
    record(manager.pk, "whatsapp", Health("open"))
    account = GatewayAccount.objects.get()
    path = f"{ACCOUNTS}{account.pk}/change/"
    assert desk.get(path).status_code == 200
    TemplateFetch.objects.create(account=account, error="No <b>permission</b>")
    for name, needs in (("boas_vindas", ""), ("boleto", "header")):
        ApprovedTemplate.objects.create(
            account=account, name=name, language="pt_BR", needs=needs
        )
    page = desk.get(path).content.decode()
    for shown in ("No &lt;b&gt;permission&lt;/b&gt;", "boas_vindas", "boleto (pt_BR)"):
        assert shown in page
    assert page.count("cannot be sent") == 1
