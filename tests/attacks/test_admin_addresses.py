"""No address of the admin with hostile ids and queries is a server error."""

import re
from urllib.parse import quote, urlencode

import pytest
from django.contrib import admin
from django.db import transaction
from django.test import Client
from django.urls import URLPattern
from django.utils import timezone

from chats.models import GatewayAccount, InboundEvent
from managers.models import ApiKey
from tests.admin.conftest import (  # noqa: F401 - fixtures
    administrator,
    foreign,
    own,
)
from tests.builders import make_key
from tests.counts import count

# An administrator sees every row, page and action.
USERS = count(["administrator"], full=["supervisor", "administrator"])
LONG = "9" * 23
PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>|\(\?P<(\w+)>[^)]*\)")

# Hostile ids of rows in an address.
IDS = count((LONG, "\x00"), full=(LONG, "9" * 5000, "x", "\x00", "²", "1/2"))
# Query parameters that every page of the admin may read.
OF_ANY_PAGE = [
    {"_popup": "1", "_to_field": "id", "_changelist_filters": "\x00", "next": "\x00"},
    {"_to_field": "manager__facebook_token"},
    {"e": "1", "p": "x", "page": "x", "s": "a", "": "", "term": "\x00"},
    {"page": LONG, "s": "\x00", "extended": "", "app_label": "auth", "lang": "\x00"},
]
# Query parameters that a list reads. Errors are collected and reported together.
OF_A_LIST = [
    *OF_ANY_PAGE,
    {"p": "x", "o": "99", "q": "\x00", "all": "x", "_facets": "True"},
    {"p": "-1", "o": "-99", "q": "\\"},
    {"p": LONG, "o": "x"},
    {"o": "1.99.-2.-", "q": LONG},
    {"o": LONG, "q": "a" * 5000},
    {"p": "2", "q": "'%"},
    {"e": "1"},
    {"e": "1", "p": "0"},
    {"_popup": "1", "pk": LONG},
    {"__": "x"},
]
# Each page is tested with a part of these, so that each is tested on several pages.
SHARE = count(3, full=1)
# Values of lookups, and the lookups by which Django would filter a column.
VALUES = count(("\x00", LONG), full=("1", "x", "", "\x00", LONG, "1,x"))
# Hostile ids of the rows of actions.
CHOSEN = count(
    (["\x00", "1"], [LONG]),
    full=(["x"], ["\x00", "1"], [LONG], ["1", "9" * 5000], ["", "1_0"]),
)
LOOKUPS = (
    "exact",
    "isnull",
    "in",
    "regex",
    "iregex",
    "contains",
    "gt",
    "range",
    "year",
)

PAGES = {
    f"{model._meta.app_label}/{model._meta.model_name}": page
    for model, page in admin.site._registry.items()
}


def patterns(urls=None, before=""):
    """Returns the admin's routes, as Django resolves them."""
    for each in admin.site.get_urls() if urls is None else urls:
        route = before + str(each.pattern).strip("^$")
        if isinstance(each, URLPattern):
            yield route
        else:
            yield from patterns(each.url_patterns, route)


@pytest.fixture
def rows(own, foreign):  # noqa: F811
    """Returns a row of each kind, by the path of its pages."""
    make_key(own.manager)
    account = GatewayAccount.objects.create(
        manager=own.manager, channel="whatsapp", since=timezone.now()
    )
    event = InboundEvent.objects.create(source="evolution", lane="1", payload="{}")
    return own.rows() | {
        "managers/apikey": ApiKey.objects.get(),
        "chats/gatewayaccount": account,
        "chats/inboundevent": event,
    }


def errors(user, requests):
    """Returns the requests (addresses, or those with a form) that are server errors."""
    client = Client(raise_request_exception=False)
    client.force_login(user)
    found = []
    for each in requests:
        # A failed statement ends the transaction of this test, too.
        savepoint = transaction.savepoint()
        method = client.get if isinstance(each, str) else client.post
        answer = method(each) if isinstance(each, str) else method(*each)
        if answer.status_code >= 500:
            found.append(str(each)[:200])
        transaction.savepoint_rollback(savepoint)
    return found


def of_page(page, route):
    return route.startswith(f"{page}/")


def share_of(queries, place):
    return queries[place % SHARE :: SHARE]


def addresses_of(route, row, place):
    """Returns a route's addresses, with valid and hostile ids and hostile queries."""
    own_id = str(row.pk) if row else "1"
    for id_ in (own_id, *IDS) if PARAMETER.search(route) else (own_id,):
        path = PARAMETER.sub(quote(id_), route)
        queries = [{}]
        if id_ == own_id:
            is_list = route.removesuffix("/") in PAGES
            queries = share_of(OF_A_LIST if is_list else OF_ANY_PAGE, place)
        yield from (f"/admin/{path}?{urlencode(query)}" for query in queries)


def addresses_of_page(page, rows):
    routes = [route for route in patterns() if of_page(page, route)]
    assert len(routes) >= 6
    first = sorted(PAGES).index(page)
    return [
        each
        for place, route in enumerate(routes, first)
        for each in addresses_of(route, rows.get(page), place)
    ]


@pytest.mark.parametrize("page", sorted(PAGES))
@pytest.mark.parametrize("user", USERS)
def test_the_pages_of_each_model(request, rows, page, user):
    assert errors(request.getfixturevalue(user), addresses_of_page(page, rows)) == []


def test_the_pages_of_inbound_events_as_a_supervisor(supervisor, rows):
    """Events have no manager until they are processed, so he finds none."""
    assert errors(supervisor, addresses_of_page("chats/inboundevent", rows)) == []


@pytest.mark.parametrize("user", ["supervisor", "administrator"])
def test_other_pages(request, rows, user):
    routes = [
        route for route in patterns() if not any(of_page(page, route) for page in PAGES)
    ]
    assert {"", "search/", "autocomplete/", "login/"} < set(routes)
    addresses = [
        each
        for place, route in enumerate(routes)
        for each in addresses_of(route, None, place)
    ]
    assert errors(request.getfixturevalue(user), addresses) == []


@pytest.mark.parametrize("page", sorted(PAGES))
def test_the_filters_of_each_list(administrator, rows, page):  # noqa: F811
    names = [*allowed(PAGES[page]), "id__regex", "manager__isnull"]
    values = [*VALUES, ["1", "", "x"]]
    first = sorted(PAGES).index(page)
    queries = [
        {name: value}
        for place, name in enumerate(names, first)
        for value in share_of(values, place)
    ]
    addresses = [f"/admin/{page}/?{urlencode(each, doseq=True)}" for each in queries]
    assert errors(administrator, addresses) == []


@pytest.mark.parametrize("page", sorted(PAGES))
def test_actions_with_invalid_ids(administrator, rows, page):  # noqa: F811
    forms = [
        {"action": action, "_selected_action": chosen, "index": "0"}
        for action in (*PAGES[page].actions[:1], "none")
        for chosen in CHOSEN
    ]
    forms += [
        {"action": each, "_selected_action": LONG} for each in PAGES[page].actions
    ]
    forms += [forms[0] | {"select_across": "x", "impact": "x", "index": "x"}]
    assert errors(administrator, [(f"/admin/{page}/", form) for form in forms]) == []


def allowed(page):
    """Returns the lookups of the list's filters and of our own links."""
    names = [*page.linked_lookups]
    for each in page.list_filter:
        if isinstance(each, type):
            names.append(each.parameter_name)
        else:
            path = each if isinstance(each, str) else each[0]
            names += [f"{path}__exact", f"{path}__id__exact"]
    return names


@pytest.mark.parametrize("page", PAGES.values(), ids=str)
def test_other_lookups_are_refused(rf, administrator, page):  # noqa: F811
    request = rf.get("/")
    request.user = administrator
    columns = {field.name for field in page.model._meta.get_fields()}
    for each in ("facebook_token", "supervisions__user__password", "number"):
        columns |= {each, f"manager__{each}", f"contact__manager__{each}"}
    expected, tried = set(allowed(page)), 0
    for column in columns:
        for name in (column, *(f"{column}__{lookup}" for lookup in LOOKUPS)):
            if name not in expected:
                tried += 1
                assert not page.lookup_allowed(name, "1", request), name
    assert tried > 50


def test_a_regular_expression_is_refused(rows, supervisor):
    client = Client()
    client.force_login(supervisor)
    for query in ("content__regex=x", "manager__name__startswith=S"):
        assert client.get(f"/admin/chats/message/?{query}").status_code == 400


@pytest.mark.parametrize("value", ["lost", "\x00"])
def test_an_unknown_choice_shows_the_whole_list(rows, supervisor, value):
    client = Client()
    client.force_login(supervisor)
    query = urlencode({"status__exact": value})
    shown = client.get(f"/admin/chats/message/?{query}", follow=True)
    assert shown.redirect_chain == [("/admin/chats/message/?e=1", 302)]
    assert list(shown.context["cl"].result_list) == [rows["chats/message"]]
