"""For a supervisor, rows of other managers are treated like missing ones, everywhere."""

import pytest
from django.contrib import admin

from chats.models import Chat
from contacts.models import Contact
from managers.admin.tenant import TenantAdmin
from tests.admin.conftest import errors, sign_in_to_admin
from tests.builders import make_area, make_supervisor

PAGES = [
    "managers/manager",
    "areas/area",
    "areas/operator",
    "areas/policy",
    "areas/holiday",
    "chats/reply",
    "contacts/tag",
    "areas/closingreason",
    "areas/transferreason",
    "contacts/contact",
    "chats/chat",
    "chats/message",
    "chats/chatevent",
]
MISSING = 999_999_999


@pytest.mark.parametrize("page", PAGES)
def test_lists_show_only_own_rows(desk, own, foreign, page):
    shown = desk.get(f"/admin/{page}/")
    assert [row.pk for row in shown.context["cl"].result_list] == [own.rows()[page].pk]
    assert "Estranho" not in shown.content.decode()


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("view", ["change", "history", "delete"])
def test_the_page_of_a_foreign_row_is_not_found(desk, own, foreign, page, view):
    answers = [
        desk.get(f"/admin/{page}/{pk}/{view}/", follow=True)
        for pk in (foreign.rows()[page].pk, MISSING)
    ]
    assert answers[0].status_code == answers[1].status_code
    assert answers[0].redirect_chain == answers[1].redirect_chain
    assert "Estranho" not in answers[0].content.decode()


@pytest.mark.parametrize("page", PAGES)
def test_saving_a_foreign_row_changes_nothing(desk, own, foreign, page):
    row = foreign.rows()[page]
    columns = type(row).objects.filter(pk=row.pk).values()
    before = columns.get()
    answers = [
        desk.post(f"/admin/{page}/{pk}/change/", {"name": "Taken over"})
        for pk in (row.pk, MISSING)
    ]
    assert answers[0].status_code == answers[1].status_code
    assert columns.get() == before


@pytest.mark.parametrize(
    ("model", "field"),
    [("area", "manager"), ("operator", "manager")],
)
def test_autocomplete_offers_own_managers(desk, own, foreign, model, field):
    offered = desk.get(
        "/admin/autocomplete/",
        {"app_label": "areas", "model_name": model, "field_name": field, "term": ""},
    )
    assert offered.json()["results"] == [
        {"id": str(own.manager.pk), "text": "Padaria Estrela"}
    ]


def test_autocomplete_finds_no_foreign_managers(desk, own, foreign):
    query = {"app_label": "areas", "model_name": "area", "field_name": "manager"}
    found = desk.get("/admin/autocomplete/", query | {"term": "Estranho"})
    assert found.json()["results"] == []


def test_autocomplete_finds_no_foreign_people(desk, own, foreign, supervisor):
    make_supervisor(foreign.manager)
    query = {
        "app_label": "managers",
        "model_name": "supervision",
        "field_name": "user",
        "term": "",
    }
    found = desk.get("/admin/autocomplete/", query).json()["results"]
    assert [each["id"] for each in found] == [str(supervisor.pk)]


def test_a_chosen_manager_narrows_the_filters(office, own, foreign):
    page = "/admin/contacts/contact/"
    assert foreign.area.name in office.get(page).content.decode()
    narrowed = office.get(page, {"manager__id__exact": own.manager.pk})
    assert own.area.name in narrowed.content.decode()
    assert foreign.area.name not in narrowed.content.decode()


@pytest.mark.parametrize(
    "page",
    ["contacts/contact", "areas/operator", "areas/policy", "chats/reply"],
)
def test_a_form_has_the_manager_of_each_area(office, own, foreign, page):
    """The script `narrow-choices.js` uses it to hide those of other managers."""
    form = office.get(f"/admin/{page}/add/").content.decode()
    assert "narrow-choices.js" in form
    for centre in (own, foreign):
        assert f'data-manager="{centre.manager.pk}"' in form
        assert f"{centre.area.name} · {centre.manager.name}" in form


def test_an_existing_row_is_offered_only_areas_of_its_manager(office, own, foreign):
    form = office.get(f"/admin/areas/holiday/{own.holiday.pk}/change/").content.decode()
    assert own.area.name in form
    assert foreign.area.name not in form


def test_filters_offer_only_own_rows(supervisor, own, foreign):
    third = sign_in_to_admin(make_supervisor(own.manager))
    make_area(own.manager, "second")
    page = third.get("/admin/contacts/contact/").content.decode()
    assert own.area.name in page
    assert "Estranho" not in page


@pytest.mark.parametrize(
    ("page", "field"),
    [
        ("contacts/contact", "area"),
        ("contacts/contact", "operator"),
        ("chats/chat", "contact__operator"),
        ("areas/operator", "areas"),
        ("chats/chatevent", "area"),
    ],
)
def test_filtering_by_a_foreign_row_shows_nothing(desk, own, foreign, page, field):
    name = field.split("__")[-1]
    row = {"areas": foreign.area}.get(name) or getattr(foreign, name)
    shown = desk.get(f"/admin/{page}/?{field}__id__exact={row.pk}")
    assert list(shown.context["cl"].result_list) == []
    assert "Estranho" not in shown.content.decode()


def test_searches_find_only_own_rows(desk, own, foreign):
    for page in ("contacts/contact", "chats/chat", "chats/message", "areas/operator"):
        for term in (
            "Estranho",
            foreign.contact.external_id,
            foreign.chat.protocol,
            str(foreign.message.uuid),
        ):
            shown = desk.get(f"/admin/{page}/", {"q": term})
            assert list(shown.context["cl"].result_list) == []


@pytest.mark.parametrize(
    ("page", "action"),
    [
        ("contacts/contact", "delete_many"),
        ("contacts/contact", "close_many"),
        ("chats/chat", "close_many"),
        ("areas/operator", "deactivate"),
        ("areas/area", "reviewed"),
    ],
)
def test_actions_do_not_change_foreign_rows(desk, own, foreign, page, action):
    row = foreign.rows()[page]
    foreign.area.needs_review = True
    foreign.area.save()
    desk.post(
        f"/admin/{page}/",
        {"action": action, "_selected_action": [row.pk]},
        follow=True,
    )
    foreign.contact.refresh_from_db()
    foreign.chat.refresh_from_db()
    foreign.operator.refresh_from_db()
    foreign.area.refresh_from_db()
    assert foreign.contact.deleted_at is None
    assert foreign.chat.closed_at is None
    assert foreign.operator.is_active
    assert foreign.area.needs_review


@pytest.mark.parametrize(
    "button", ["hand_over", "change_area", "close", "delete_contact"]
)
def test_buttons_do_not_change_foreign_rows(desk, own, foreign, button):
    address = f"/admin/contacts/contact/{foreign.contact.pk}/{button}/"
    shown = desk.get(address)
    assert "Estranho" not in shown.content.decode()
    desk.post(
        address,
        {
            "_form_submitted": "on",
            "operator": own.operator.pk,
            "area": own.area.pk,
        },
    )
    contact = Contact.objects.get(pk=foreign.contact.pk)
    assert (contact.operator_id, contact.area_id, contact.deleted_at) == (
        None,
        foreign.area.pk,
        None,
    )
    assert Chat.objects.get(pk=foreign.chat.pk).closed_at is None


def test_a_contact_is_not_handed_to_a_foreign_operator(desk, own, foreign):
    address = f"/admin/contacts/contact/{own.contact.pk}/hand_over/"
    answer = desk.post(
        address, {"_form_submitted": "on", "operator": foreign.operator.pk}
    )
    assert answer.status_code == 200  # the dialog again, with its error
    own.contact.refresh_from_db()
    assert own.contact.operator_id is None


def test_an_area_cannot_be_added_for_a_foreign_manager(desk, own, foreign):
    answer = desk.post(
        "/admin/areas/area/add/",
        {"manager": foreign.manager.pk, "code": "x", "name": "X"},
    )
    assert list(errors(answer)) == ["manager"]


def test_an_operator_cannot_get_foreign_areas(desk, own, foreign):
    answer = desk.post(
        "/admin/areas/operator/add/",
        {
            "manager": own.manager.pk,
            "name": "Rui",
            "username": "rui",
            "new_password": "a-good-password",
            "is_active": "on",
            "areas": [foreign.area.pk],
        },
    )
    assert list(errors(answer)) == ["areas"]


def test_preset_values_in_the_address_show_nothing_foreign(desk, own, foreign):
    page = desk.get(f"/admin/areas/area/add/?manager={foreign.manager.pk}")
    assert "Estranho" not in page.content.decode()


@pytest.mark.parametrize(
    ("page", "probe"),
    [
        ("managers/manager", "facebook_token__startswith=g"),
        ("managers/manager", "gateway_settings__contains=x"),
        ("managers/manager", "api_keys__digest__startswith=a"),
        ("areas/operator", "user__password__startswith=m"),
        ("areas/operator", "manager__facebook_token__startswith=g"),
    ],
)
def test_secrets_cannot_be_filtered_by(desk, own, page, probe):
    assert desk.get(f"/admin/{page}/?{probe}").status_code == 400


def test_the_wall_counts_only_own_chats(desk, office, own, foreign):
    def waiting(client):
        return client.get("/admin/").context["panel"].tiles[0].n

    assert (waiting(desk), waiting(office)) == (1, 2)
    assert "Estranho" not in desk.get("/admin/live/").content.decode()


def test_every_page_knows_the_managers_of_its_rows(db):
    for model, page in admin.site._registry.items():
        if isinstance(page, TenantAdmin) and page.manager_lookup:
            model.objects.values_list(page.manager_lookup, flat=True).first()
