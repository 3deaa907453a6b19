"""An area is retired: its successor gets its contacts, and its code still works."""

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from areas.models import Area, Policy
from areas.operators import find_area, find_operator
from areas.retiring import put_away
from areas.rules.menus import publish_menu
from chats.conversations.assignment import claim
from chats.conversations.audit import Actor
from chats.conversations.homes import has_no_home
from chats.conversations.lifecycle import open_chat
from chats.models import Rehoming, Reply
from contacts.models import Contact
from tests.admin.conftest import agree_to, messages_of
from tests.admin.test_leaving import facts, held, lines_of, waiting, who_has
from tests.builders import make_area, make_contact

KEY = Actor("key:1")
MENU = {
    "steps": [
        {
            "code": "inicio",
            "text": "Escolha",
            "options": [{"key": 1, "title": "V", "do": "area", "area": "vendas"}],
        }
    ]
}


def path(area):
    return f"/admin/areas/area/{area.pk}/put_away/"


def put(client, area, successor, **answers):
    asked = client.get(path(area))
    given = {"answer-successor": successor.pk, "answer-serve_too": "on"} | answers
    sent = {name: value for name, value in given.items() if value is not None}
    return agree_to(client, path(area), asked, sent)


def undo_path():
    change = Rehoming.objects.latest("pk")
    return f"/admin/chats/rehoming/{change.pk}/undo/"


def test_the_confirmation_page_shows_the_effects_and_changes_nothing(
    desk, sales, support, ana
):
    held(ana, sales)
    waiting(sales)
    asked = desk.get(path(sales))
    shown = facts(asked)
    assert (shown["open"], shown["held"], shown["only_here"]) == (2, 1, 1)
    assert Area.objects.get(pk=sales.pk).retired_at is None


def test_its_contacts_and_operators_move_to_the_successor(
    desk, sales, support, ana, bruno
):
    mine, queued = held(ana, sales), waiting(sales)
    quiet = make_contact(sales.manager, area=sales)
    deleted = make_contact(sales.manager, area=sales, deleted_at=timezone.now())
    answer = put(desk, sales, support)
    assert undo_path() in messages_of(answer)[0]
    assert who_has(mine) == (ana.pk, support.pk)
    assert who_has(queued) == (None, support.pk)
    assert lines_of(queued)[-1] == ("entered_area", "rehome")
    assert who_has(quiet) == who_has(deleted) == (None, support.pk)
    assert [area.pk for area in ana.areas.all()] == [support.pk]
    assert not Contact.objects.filter(has_no_home()).exists()


def test_operators_who_do_not_move_release_their_contacts(
    desk, sales, support, ana, bruno
):
    mine = held(ana, sales)
    put(desk, sales, support, **{"answer-serve_too": None})
    assert who_has(mine) == (None, support.pk)
    assert lines_of(mine)[-2:] == [("entered_area", "rehome"), ("released", "area")]
    assert not ana.areas.exists()


def test_calls_that_name_its_code_act_on_the_successor(
    desk, api, manager, sales, support, contact
):
    later = make_area(manager, "loja")
    put(desk, sales, support)
    put(desk, support, later)
    assert find_area(manager.pk, "vendas").code == "loja"
    named = {"number": manager.number, "contactId": contact.external_id}
    answer = api.put("/api/user/contact/area", named | {"area": "vendas"})
    assert answer.status_code == 200
    assert who_has(contact) == (None, later.pk)
    listed = api.get(f"/api/area/{manager.controller_port}").json()["data"]
    assert [each["id"] for each in listed] == ["loja"]
    options = api.post("/api/user/options", {"number": manager.number}).json()["data"]
    assert [each["id"] for each in options["areas"]] == ["loja"]


def test_it_leaves_the_lists_and_forms_of_the_back_office(desk, sales, support, ana):
    put(desk, sales, support)
    listed = desk.get("/admin/areas/area/").context["cl"].result_list
    assert [area.pk for area in listed] == [support.pk]
    away = desk.get("/admin/areas/area/?put_away=yes").context["cl"].result_list
    assert [area.pk for area in away] == [sales.pk]
    form = desk.get(f"/admin/areas/operator/{ana.pk}/change/").context["adminform"].form
    assert [area.pk for area in form.fields["areas"].queryset] == [support.pk]


def test_it_is_refused_while_the_menu_refers_to_it(desk, manager, sales, support):
    publish_menu(manager.pk, MENU)
    answer = desk.get(path(sales), follow=True)
    assert messages_of(answer) == [
        "The menu leads to this area: publish one without it first."
    ]
    assert Area.objects.in_use().count() == 2


def test_rules_and_replies_name_the_successor(desk, manager, sales, support):
    Policy.objects.create(manager=manager, entry_area=sales)
    Policy.objects.create(manager=manager, area=support, away_area=sales)
    Reply.objects.create(manager=manager, area=sales, shortcut="pix", text="a")
    Reply.objects.create(manager=manager, area=sales, shortcut="oi", text="b")
    Reply.objects.create(manager=manager, area=support, shortcut="oi", text="c")
    put(desk, sales, support)
    assert Policy.objects.get(area=None).entry_area == support
    assert Policy.objects.get(area=support).away_area is None
    assert Reply.objects.filter(area=support).count() == 2


def test_undoing_returns_what_has_not_changed_since(
    desk, manager, sales, support, ana, bruno
):
    Policy.objects.create(manager=manager, entry_area=sales)
    mine, queued = held(ana, sales), waiting(sales)
    quiet, busy = (make_contact(manager, area=sales) for _ in range(2))
    put(desk, sales, support)
    claim(
        Contact.objects.get(pk=queued.pk),
        find_operator(manager.pk, bruno.pk),
        actor=KEY,
    )
    open_chat(busy, actor=KEY)
    agree_to(desk, undo_path(), desk.get(undo_path()), {})
    assert Area.objects.in_use().count() == 2
    assert who_has(mine) == (ana.pk, sales.pk)
    assert who_has(queued) == (bruno.pk, support.pk)
    assert who_has(quiet) == (None, sales.pk)
    assert who_has(busy) == (None, support.pk)
    assert [area.pk for area in ana.areas.all()] == [sales.pk]
    assert Policy.objects.get().entry_area == sales


@transaction.atomic
def store(area, values):
    Area.objects.filter(pk=area.pk).update(**values)
    connection.check_constraints()


def test_the_database_requires_a_successor_of_the_same_manager(
    sales, support, other_manager
):
    foreign = make_area(other_manager)
    for values in (
        {"retired_at": timezone.now()},
        {"retired_at": timezone.now(), "successor": sales},
        {"successor": support},
        {"retired_at": timezone.now(), "successor": foreign},
    ):
        with pytest.raises(IntegrityError):
            store(sales, values)


def test_supervisors_cannot_retire_areas_of_other_managers(desk, office, other_manager):
    foreign = make_area(other_manager)
    make_area(other_manager)
    assert desk.get(path(foreign)).status_code == 404
    assert office.get(path(foreign)).status_code == 200


@pytest.mark.django_db
def test_the_feed_sends_its_deletion(sales, support):
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE change_pend")
        put_away(sales, support, made_by="test")
        cursor.execute("SELECT op, key FROM change_pend WHERE kind = 'area'")
        assert cursor.fetchall() == [("D", '"vendas"')]
