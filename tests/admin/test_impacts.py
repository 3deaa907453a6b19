"""Confirmations show the effects of changing accounts, supervision, hours and keys."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from areas.rules.policy_saving import save_policy
from chats.accounts.pauses import HELD, resume_mended
from chats.conversations.audit import Actor
from chats.conversations.lifecycle import open_chat
from chats.models import Delivery, GatewayAccount, Rehoming, Reply
from managers.admin.supervision_impact import (
    LastAdministratorError,
    require_other_administrator,
)
from managers.models import Supervision
from tests.admin.conftest import agree, agree_to, messages_of
from tests.admin.test_gateway_settings import EVOLUTION
from tests.admin.test_managers import MANAGER, change
from tests.admin.test_operators import change as change_operator
from tests.admin.test_operators import stays
from tests.admin.test_people import change as change_person
from tests.admin.test_people import kept
from tests.builders import make_chat, make_key, make_message, make_supervisor

pytestmark = pytest.mark.django_db

NEW = "5511400022222"


@pytest.fixture
def unsent(contact):
    """Returns a queued message."""
    message = make_message(make_chat(contact), direction="out", status="wait")
    Delivery.objects.create(
        message=message, manager=contact.manager, contact=contact, channel="whatsapp"
    )
    return message


def counts(answer):
    return {fact.key: fact.count for fact in answer.context["impact"].facts}


def test_a_new_number_is_typed_twice_and_shows_what_is_in_progress(
    desk, manager, unsent
):
    make_key(manager)
    sent = MANAGER | {"number": NEW}
    asked = desk.post(change(manager), sent)
    assert counts(asked) == {"open": 1, "unsent": 1, "keys": 1, "accounts": 0}
    wrong = agree_to(
        desk,
        change(manager),
        asked,
        sent,
        **{"answer-number": "5511400022223", "answer-unsent": "send"},
    )
    assert list(wrong.context["form"].errors) == ["number"]
    manager.refresh_from_db()
    assert manager.number == int(MANAGER["number"])
    agree_to(
        desk,
        change(manager),
        asked,
        sent,
        **{"answer-number": "+55 11 4000-22222", "answer-unsent": "send"},
    )
    manager.refresh_from_db()
    assert manager.number == int(NEW)
    assert Delivery.objects.get().done_at is None


def test_unsent_messages_fail_if_chosen(desk, manager, unsent):
    answers = {"answer-number": NEW, "answer-unsent": "fail"}
    agree(desk, change(manager), MANAGER | {"number": NEW}, **answers)
    unsent.refresh_from_db()
    assert (unsent.status, unsent.error) == (
        "failed",
        "The account changed before it was sent.",
    )
    assert Delivery.objects.get().failed_code == "account_changed"


def test_unsent_messages_are_held_until_somebody_resumes_them(desk, manager, unsent):
    answers = {"answer-number": NEW, "answer-unsent": "hold"}
    agree(desk, change(manager), MANAGER | {"number": NEW}, **answers)
    resume_mended()
    account = GatewayAccount.objects.get()
    assert account.pause_code == HELD
    assert account.paused_until > timezone.now() + timedelta(hours=23)
    page = f"/admin/chats/gatewayaccount/{account.pk}/"
    assert f"{page}resume/" in desk.get(f"{page}change/").content.decode()
    desk.post(f"{page}resume/", {"_form_submitted": "on"})
    account.refresh_from_db()
    assert account.paused_until is None


def test_a_token_in_the_same_form_is_not_in_the_confirmation_page(desk, manager):
    sent = MANAGER | {"facebook_id": "741852", "new_facebook_token": "canary"}
    asked = desk.post(change(manager), sent)
    page = asked.content.decode()
    assert "canary" not in page
    (token,) = re.findall(r'name="new_facebook_token" value="([^"]+)"', page)
    answers = {"answer-facebook_id": "741852"}
    agree_to(
        desk, change(manager), asked, sent | {"new_facebook_token": token}, **answers
    )
    manager.refresh_from_db()
    assert (manager.facebook_id, manager.facebook_token) == ("741852", "canary")


def test_changing_the_gateway_needs_a_confirmation_while_messages_are_unsent(
    office, manager, unsent
):
    path = f"/admin/managers/manager/{manager.pk}/gateway/?kind=evolution"
    asked = office.post(path, EVOLUTION)
    assert "canary" not in asked.content.decode()
    manager.refresh_from_db()
    assert manager.gateway == "controller"
    answers = {
        "answer-url": EVOLUTION["url"],
        "answer-instance": EVOLUTION["instance"],
        "answer-unsent": "send",
    }
    agree_to(office, path, asked, EVOLUTION, **answers)
    manager.refresh_from_db()
    assert manager.gateway == "evolution"
    # Changing only a secret needs no confirmation.
    answer = office.post(path, EVOLUTION | {"apikey": "new"}, follow=True)
    assert messages_of(answer) == ["The gateway settings were saved."]


def test_removing_the_only_supervisor_asks_for_a_successor(
    office, manager, supervisor, other_manager
):
    heir = make_supervisor(other_manager)
    form = kept(Supervision.objects.get(user=supervisor), username=supervisor.username)
    form["supervisions-0-DELETE"] = "on"
    asked = office.post(change_person(supervisor), form)
    assert counts(asked) == {"alone": 1}
    assert supervisor.supervisions.exists()
    answers = {f"answer-manager{manager.pk}": str(heir.pk)}
    agree_to(office, change_person(supervisor), asked, form, **answers)
    assert not supervisor.supervisions.exists()
    assert heir.supervisions.filter(manager=manager).exists()


def test_deactivating_the_only_supervisor_needs_a_confirmation(
    office, manager, supervisor
):
    form = kept(Supervision.objects.get(user=supervisor), username=supervisor.username)
    del form["is_active"]
    answers = {f"answer-manager{manager.pk}": "nobody"}
    agree(office, change_person(supervisor), form, **answers)
    supervisor.refresh_from_db()
    assert not supervisor.is_active


def test_deactivating_an_operator_who_is_the_only_supervisor_confirms_both(
    office, manager, ana
):
    person = ana.user
    User.objects.filter(pk=person.pk).update(is_staff=True)
    row = Supervision.objects.create(user=person, manager=manager)
    form = kept(row, username=person.username)
    del form["is_active"]
    first = office.post(change_person(person), form)
    assert "held" in counts(first)
    second = agree_to(office, change_person(person), first, form)
    assert counts(second) == {"alone": 1}
    answers = {f"answer-manager{manager.pk}": "nobody"}
    agree_to(office, change_person(person), second, form, **answers)
    person.refresh_from_db()
    ana.refresh_from_db()
    assert (person.is_active, ana.is_active) == (False, False)


def test_removing_one_of_two_supervisors_needs_no_confirmation(
    office, manager, supervisor
):
    make_supervisor(manager)
    form = kept(Supervision.objects.get(user=supervisor), username=supervisor.username)
    form["supervisions-0-DELETE"] = "on"
    assert office.post(change_person(supervisor), form).status_code == 302
    assert not supervisor.supervisions.exists()


@pytest.mark.parametrize("right", ["is_superuser", "is_active"])
def test_the_last_administrator_cannot_be_removed(administrator, right):
    """The acting user is one, unless somebody revokes the right at the same time."""
    setattr(administrator, right, False)
    with pytest.raises(LastAdministratorError):
        require_other_administrator(administrator)
    User.objects.create_superuser("outra", password="secret-password")
    require_other_administrator(administrator)


def test_new_hours_show_who_waits_outside_them(desk, manager, contact):
    open_chat(contact, actor=Actor(""))
    save_policy(manager.pk, None, {"slaQueue": 600})
    path = f"/admin/managers/manager/{manager.pk}/change/"
    sent = MANAGER | {"time_zone": "America/Manaus"}
    asked = desk.post(path, sent)
    assert counts(asked)["waiting"] == 1
    manager.refresh_from_db()
    assert manager.time_zone == "America/Sao_Paulo"
    agree_to(desk, path, asked, sent)
    manager.refresh_from_db()
    assert manager.time_zone == "America/Manaus"


def test_two_changes_of_a_form_are_confirmed_one_after_the_other(
    desk, manager, contact
):
    open_chat(contact, actor=Actor(""))
    save_policy(manager.pk, None, {"slaQueue": 600})
    sent = MANAGER | {"number": NEW, "time_zone": "America/Manaus"}
    first = desk.post(change(manager), sent)
    answers = {"answer-number": NEW}
    second = agree_to(desk, change(manager), first, sent, **answers)
    assert counts(second)["waiting"] == 1
    assert second.context["changes"] == []
    # The data of the first page has changed, so it is shown again; then both are
    # confirmed.
    make_key(manager)
    again = agree_to(desk, change(manager), second, sent, **answers)
    assert again.context["changes"] == ["API keys: 1 more"]
    manager.refresh_from_db()
    assert manager.number == int(MANAGER["number"])
    agree_to(desk, change(manager), again, sent, **answers)
    manager.refresh_from_db()
    assert (manager.number, manager.time_zone) == (int(NEW), "America/Manaus")


def test_no_confirmation_page_contains_a_token(desk, manager, contact):
    open_chat(contact, actor=Actor(""))
    save_policy(manager.pk, None, {"slaQueue": 600})
    typed = {"time_zone": "America/Manaus", "new_facebook_token": "canary"}
    asked = desk.post(change(manager), MANAGER | typed)
    assert counts(asked)["waiting"] == 1
    assert "canary" not in asked.content.decode()


def test_deleting_a_quick_reply_shows_who_uses_it(desk, manager, sales, ana, bruno):
    reply = Reply.objects.create(manager=manager, area=sales, shortcut="oi", text="Oi")
    path = f"/admin/chats/reply/{reply.pk}/delete/"
    assert counts(desk.get(path)) == {"operators": 1}
    agree(desk, path, {"post": "yes"})
    assert not Reply.objects.exists()


def test_undo_returns_areas_that_were_taken_in_the_same_form(
    desk, manager, sales, support, ana
):
    ana.memberships.create(manager=manager, area=support)
    sent = stays(ana, sales)
    del sent["is_active"]
    agree(desk, change_operator(ana), sent)
    ana.refresh_from_db()
    assert not ana.is_active
    assert list(ana.areas.all()) == [sales]
    change_made = Rehoming.objects.get()
    path = f"/admin/chats/rehoming/{change_made.pk}/undo/"
    asked = desk.get(path)
    agree_to(desk, path, asked, {})
    ana.refresh_from_db()
    assert ana.is_active
    assert set(ana.areas.all()) == {sales, support}
