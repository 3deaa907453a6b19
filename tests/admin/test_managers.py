"""Managers in the back-office: secrets can be set, and are never shown."""

import json
import re

import pytest
from django.contrib.admin.models import LogEntry

from areas.models import PauseReason
from managers.models import Manager
from tests.admin.conftest import NO_REASONS, agree_to, errors, messages_of
from tests.builders import make_area, make_manager

CANARY = "canary-EAAB-0123456789"

MANAGER = {
    "name": "Padaria Estrela",
    "email": "contato@padaria.example",
    "number": "5511400011111",
    "controller_port": "8080",
    "facebook_id": "369258147",
    "time_zone": "America/Sao_Paulo",
    **NO_REASONS,
}


def change(manager):
    return f"/admin/managers/manager/{manager.pk}/change/"


def test_a_supervisor_changes_his_manager(desk, manager):
    answer = desk.post(
        change(manager),
        MANAGER | {"name": "Padaria Lua", "time_zone": "America/Manaus"},
        follow=True,
    )
    assert answer.redirect_chain == [("/admin/managers/manager/", 302)]
    manager.refresh_from_db()
    assert (manager.name, manager.time_zone) == ("Padaria Lua", "America/Manaus")
    assert manager.facebook_token == "token-of-the-page"


def test_an_administrator_adds_a_manager(office):
    office.post(
        "/admin/managers/manager/add/", MANAGER | {"new_facebook_token": CANARY}
    )
    made = Manager.objects.get()
    assert made.number == 5511400011111
    assert made.controller_port == 8080
    assert made.facebook_token == CANARY
    assert not made.is_demo


@pytest.mark.parametrize(
    "typed", ["+55 (11) 4000-11111", "55 11 40001.1111", " 05511400011111 "]
)
def test_a_national_number_is_accepted(office, typed):
    office.post("/admin/managers/manager/add/", MANAGER | {"number": typed})
    assert Manager.objects.get().number == 5511400011111


def test_the_token_is_kept_when_nothing_is_typed(desk, manager):
    desk.post(change(manager), MANAGER | {"new_facebook_token": ""})
    manager.refresh_from_db()
    assert manager.facebook_token == "token-of-the-page"


def test_a_new_token_replaces_the_old_one_and_is_logged_without_it(desk, manager):
    desk.post(change(manager), MANAGER | {"new_facebook_token": CANARY})
    manager.refresh_from_db()
    assert manager.facebook_token == CANARY
    entry = LogEntry.objects.get()
    assert CANARY not in entry.change_message + entry.object_repr
    assert json.loads(entry.change_message) == [{"changed": {"fields": ["Page token"]}}]


def test_the_token_is_cleared_only_on_request(desk, manager):
    sent = MANAGER | {"clear_facebook_token": "on"}
    asked = desk.post(change(manager), sent)
    manager.refresh_from_db()
    assert manager.facebook_token == "token-of-the-page"
    agree_to(desk, change(manager), asked, sent)
    manager.refresh_from_db()
    assert manager.facebook_token == ""


def test_a_new_token_and_its_clearing_exclude_each_other(desk, manager):
    both = {"new_facebook_token": CANARY, "clear_facebook_token": "on"}
    answer = desk.post(change(manager), MANAGER | both)
    assert list(errors(answer)) == ["clear_facebook_token"]
    assert CANARY not in answer.content.decode()


def test_a_form_with_errors_does_not_return_the_secrets(office, manager):
    typed = {"new_facebook_token": CANARY, "name": ""}
    answer = office.post(change(manager), MANAGER | typed)
    assert list(errors(answer)) == ["name"]
    page = answer.content.decode()
    assert "canary" not in page
    assert "token-of-the-page" not in page


def test_supervisors_cannot_change_the_controllers_address(desk, manager):
    desk.post(
        change(manager),
        MANAGER
        | {
            "gateway": "evolution",
            "gateway_settings": '{"url": "http://10.0.0.1"}',
            "is_demo": "on",
        },
    )
    manager.refresh_from_db()
    assert manager.gateway == "controller"
    assert manager.gateway_settings == ""
    assert manager.is_demo is False


@pytest.mark.parametrize(
    ("field", "value"),
    [("number", "5511400011111"), ("controller_port", "8080")],
)
def test_values_of_another_manager_are_an_error_of_the_form(
    office, manager, field, value
):
    other = make_manager()
    answer = office.post(
        change(other),
        {
            "name": other.name,
            "number": str(other.number),
            "controller_port": str(other.controller_port),
            "time_zone": "America/Sao_Paulo",
            field: value,
        },
    )
    assert list(errors(answer)) == [field]


def test_a_page_of_another_manager_is_an_error_of_the_form(office, manager):
    answer = office.post(
        "/admin/managers/manager/add/",
        MANAGER | {"number": "", "controller_port": ""},
    )
    assert list(errors(answer)) == ["facebook_id"]


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"number": "", "facebook_id": ""}, "number"),
        ({"controller_port": ""}, "controller_port"),
        ({"number": "abc"}, "number"),
        ({"number": "1" * 16}, "number"),
        ({"controller_port": "65536"}, "controller_port"),
        ({"facebook_id": "a page"}, "facebook_id"),
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
    ],
)
def test_invalid_values_are_errors_of_their_fields(office, typed, field):
    answer = office.post("/admin/managers/manager/add/", MANAGER | typed)
    assert list(errors(answer)) == [field]


def test_a_number_linked_without_a_port_can_be_saved_without_one(office):
    joined = make_manager(controller_port=None)
    answer = office.post(
        change(joined),
        {
            "name": "New name",
            "number": str(joined.number),
            "facebook_id": joined.facebook_id or "",
            "time_zone": "America/Sao_Paulo",
            **NO_REASONS,
        },
    )
    assert answer.status_code == 302


def test_a_manager_is_found_by_number_name_and_page(office, manager):
    make_manager()
    for term in ("+55 11 4000-11111", "padaria", "369258147"):
        shown = office.get("/admin/managers/manager/", {"q": term})
        assert list(shown.context["cl"].result_list) == [manager]


def test_a_manager_with_a_history_cannot_be_deleted(office, manager):
    make_area(manager)
    address = f"/admin/managers/manager/{manager.pk}/delete/"
    page = office.get(address).content.decode()
    assert "“Padaria Estrela” has areas." in page
    assert not re.search('name="post"', page)
    office.post(address, {"post": "yes"})
    assert Manager.objects.filter(pk=manager.pk).exists()


def test_an_empty_manager_can_be_deleted(office, manager):
    address = f"/admin/managers/manager/{manager.pk}/delete/"
    answer = office.post(address, {"post": "yes"}, follow=True)
    assert "was deleted" in messages_of(answer)[0]
    assert not Manager.objects.exists()


def test_a_supervisor_cannot_delete_a_manager(desk, manager):
    assert desk.post(f"/admin/managers/manager/{manager.pk}/delete/").status_code == 403


def test_saving_writes_only_changed_fields(desk, manager):
    page = desk.get(change(manager))
    assert page.status_code == 200
    Manager.objects.filter(pk=manager.pk).update(controller_port=9090)
    desk.post(change(manager), MANAGER | {"controller_port": "9090", "name": "Nova"})
    manager.refresh_from_db()
    assert (manager.name, manager.controller_port) == ("Nova", 9090)


def test_a_new_manager_is_in_the_time_zone_of_the_installation(office):
    form = office.get("/admin/managers/manager/add/").context["adminform"].form
    assert form["time_zone"].value() == "America/Sao_Paulo"


REASON = {
    "pause_reasons-TOTAL_FORMS": "1",
    "pause_reasons-0-code": "almoco",
    "pause_reasons-0-name": " Almoço  longo ",
    "pause_reasons-0-minutes": "60",
    "pause_reasons-0-is_active": "on",
}


def test_a_supervisor_keeps_the_list_of_pause_reasons(desk, manager):
    assert desk.post(change(manager), MANAGER | REASON).status_code == 302
    [reason] = PauseReason.objects.filter(manager=manager)
    assert (reason.code, reason.name, reason.minutes) == ("almoco", "Almoço longo", 60)
    there = REASON | {
        "pause_reasons-INITIAL_FORMS": "1",
        "pause_reasons-0-id": reason.pk,
        "pause_reasons-0-manager": manager.pk,
        "pause_reasons-0-code": "other",
        "pause_reasons-0-minutes": "45",
    }
    del there["pause_reasons-0-is_active"]
    assert desk.post(change(manager), MANAGER | there).status_code == 302
    reason.refresh_from_db()
    # The code does not change, because the history refers to it.
    assert (reason.code, reason.minutes, reason.is_active) == ("almoco", 45, False)


def test_a_pause_reason_is_unique_and_has_a_name(desk, manager):
    PauseReason.objects.create(manager=manager, code="almoco", name="Almoço")
    shown = desk.get(change(manager)).content.decode()
    assert "almoco" in shown
    again = desk.post(change(manager), MANAGER | REASON)
    blank = desk.post(change(manager), MANAGER | REASON | {"pause_reasons-0-name": " "})
    assert (again.status_code, blank.status_code) == (200, 200)
    assert PauseReason.objects.count() == 1


def test_a_supervisor_cannot_change_the_pause_reason_of_another_manager(desk, manager):
    other = make_manager()
    foreign = PauseReason.objects.create(manager=other, code="x", name="X")
    sent = REASON | {
        "pause_reasons-INITIAL_FORMS": "1",
        "pause_reasons-0-id": foreign.pk,
        "pause_reasons-0-manager": other.pk,
    }
    desk.post(change(manager), MANAGER | sent)
    foreign.refresh_from_db()
    assert (foreign.manager, foreign.name) == (other, "X")
