"""A list costs as many queries with thirty rows as with one."""

import re
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from areas.models import ClosingReason, Holiday, TransferReason
from areas.rules.policy_saving import save_policy
from chats.models import Reply
from contacts.models import Tag
from hci_center.reports import live
from tests.admin.conftest import make_centre
from tests.builders import (
    make_area,
    make_chat,
    make_contact,
    make_key,
    make_manager,
    make_message,
    make_operator,
    make_supervisor,
)

# At most, including the queries for the session and the user.
FOR_SUPERVISORS = {
    "managers/manager": 6,
    "areas/area": 7,
    "areas/operator": 13,
    "areas/policy": 7,
    "areas/holiday": 8,
    "chats/reply": 9,
    "contacts/tag": 7,
    "areas/closingreason": 8,
    "areas/transferreason": 7,
    "contacts/contact": 10,
    "chats/chat": 11,
    "chats/message": 7,
    "chats/chatevent": 11,
}
FOR_ADMINISTRATORS = {
    **{page: most + 1 for page, most in FOR_SUPERVISORS.items()},
    "auth/user": 7,
    "managers/apikey": 7,
}


def queries(client, address):
    with CaptureQueriesContext(
        connection,
    ) as caught:
        answer = client.get(address)
    assert answer.status_code == 200
    return [query["sql"] for query in caught.captured_queries]


def add_thirty(page, own):
    manager, area = own.manager, own.area
    for n in range(30):
        match page:
            case "managers/manager":
                make_manager()
            case "areas/area":
                make_area(manager)
            case "areas/operator":
                make_operator(manager, area, make_area(manager))
            case "areas/policy":
                save_policy(manager.pk, make_area(manager).pk, {"cap": 3})
            case "areas/holiday":
                day = date(2027, 1, 1) + timedelta(days=n)
                Holiday.objects.create(
                    manager=manager, area=make_area(manager), date=day, name="Dia"
                )
            case "chats/reply":
                operator = make_operator(manager, area)
                Reply.objects.create(
                    manager=manager, operator=operator, shortcut="x", text="x"
                )
            case "contacts/tag":
                coded = {"manager": manager, "code": f"c{n}", "name": "Nome"}
                Tag.objects.create(**coded)
            case "areas/closingreason":
                coded = {"manager": manager, "code": f"c{n}", "name": "Nome"}
                ClosingReason.objects.create(**coded, area=make_area(manager))
            case "areas/transferreason":
                coded = {"manager": manager, "code": f"c{n}", "name": "Nome"}
                TransferReason.objects.create(**coded)
            case "contacts/contact" | "chats/chat":
                operator = make_operator(manager, area)
                make_chat(make_contact(manager, area=area, operator=operator))
            case "chats/message":
                make_message(make_chat(make_contact(manager)), gateway_id=f"g{n}")
            case "chats/chatevent":
                make_centre(make_manager(), f"w{n}")
            case "auth/user":
                make_supervisor(manager, make_manager())
            case "managers/apikey":
                make_key(manager, make_manager())


@pytest.mark.parametrize(("page", "most"), FOR_SUPERVISORS.items())
def test_a_supervisors_list_has_no_query_a_row(desk, own, page, most):
    address = f"/admin/{page}/"
    before = len(queries(desk, address))
    add_thirty(page, own)
    after = queries(desk, address)
    assert len(after) == before
    assert len(after) <= most, "\n".join(after)


@pytest.mark.parametrize(("page", "most"), FOR_ADMINISTRATORS.items())
def test_an_administrators_list_has_no_query_a_row(office, own, foreign, page, most):
    make_key(own.manager)
    make_supervisor(own.manager)
    address = f"/admin/{page}/"
    before = len(queries(office, address))
    add_thirty(page, own)
    after = queries(office, address)
    assert len(after) == before
    assert len(after) <= most, "\n".join(after)


@pytest.mark.parametrize("page", ["chats/message", "chats/chatevent"])
@pytest.mark.parametrize("who", ["desk", "office"])
def test_big_tables_are_not_counted(request, own, page, who):
    client = request.getfixturevalue(who)
    for sql in queries(client, f"/admin/{page}/"):
        assert not re.search(r"COUNT\(", sql, re.IGNORECASE), sql


def test_a_chat_costs_the_same_however_long_it_is(desk, own):
    address = f"/admin/chats/chat/{own.chat.pk}/change/"
    make_message(own.chat, direction="out", sender=str(own.operator.pk))
    queries(desk, address)  # Django remembers its content types from here on
    before = len(queries(desk, address))
    for _ in range(30):
        make_message(own.chat, direction="out", sender=str(own.operator.pk))
    # One of them writes the audit log; the forms of the actions take half.
    assert len(queries(desk, address)) == before <= 28


def test_the_overview_costs_the_same_however_much_is_open(desk, own):
    before = len(queries(desk, "/admin/"))
    for _ in range(30):
        make_chat(make_contact(own.manager, area=make_area(own.manager)))
    live.forget()
    assert len(queries(desk, "/admin/")) == before <= 15


@pytest.mark.parametrize("page", FOR_ADMINISTRATORS)
def test_filters_left_empty_leave_all(office, own, foreign, page):
    make_key(own.manager)
    whole = office.get(f"/admin/{page}/").context["cl"]
    names = [name for spec in whole.filter_specs for name in spec.expected_parameters()]
    assert names
    form = "&".join(f"{name}=" for name in names if "isnull" not in name)
    shown = office.get(f"/admin/{page}/?{form}").context["cl"]
    assert shown.result_list == whole.result_list
    assert whole.result_list


@pytest.mark.parametrize("page", ["chats/message", "contacts/contact", "chats/chat"])
def test_no_counts_are_made_for_filters(office, own, page):
    shown = queries(office, f"/admin/{page}/?_facets=True")
    assert len(shown) <= FOR_ADMINISTRATORS[page]


@pytest.mark.parametrize("page", ["chats/chat", "contacts/contact", "areas/operator"])
def test_a_full_list_is_a_small_page(office, own, page):
    for _ in range(2):
        add_thirty(page, own)
    content = office.get(f"/admin/{page}/").content
    assert content.count(b"<tr") > 50
    assert len(content) < 250_000
    assert b'class="field-' in content


def test_a_list_is_shown_whole_while_it_is_a_small_page(office, own):
    for _ in range(3):
        add_thirty("contacts/contact", own)
    address = "/admin/contacts/contact/"
    content = office.get(address, {"all": ""}).content
    assert content.count(b"<tr") > 90
    assert len(content) < 250_000
    add_thirty("contacts/contact", own)
    assert b"?all=" not in office.get(address).content
    assert office.get(address, {"all": ""}).content.count(b"<tr") < 60
