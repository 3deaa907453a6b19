"""Areas in the back-office: unique names, review of those created by calls, deletion."""

import pytest

from areas.models import Area
from areas.operators import ensure_area
from tests.admin.conftest import agree, errors, messages_of
from tests.builders import make_area, make_contact

ADD = "/admin/areas/area/add/"


def change(area):
    return f"/admin/areas/area/{area.pk}/change/"


def test_a_supervisor_adds_an_area(desk, manager):
    form = desk.get(ADD).context["adminform"].form
    assert form.initial["manager"] == manager.pk
    desk.post(ADD, {"manager": manager.pk, "code": "loja", "name": "Loja"})
    area = Area.objects.get()
    assert (area.manager, area.code, area.name) == (manager, "loja", "Loja")
    assert not area.needs_review


def test_the_code_is_never_changed(desk, sales):
    assert "code" not in desk.get(change(sales)).context["adminform"].form.fields
    desk.post(change(sales), {"code": "other", "name": "Vendas novas"})
    sales.refresh_from_db()
    assert (sales.code, sales.name) == ("vendas", "Vendas novas")


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"code": "vendas", "name": "Outra"}, "code"),
        ({"code": "outra", "name": "Vendas"}, "name"),
        ({"code": "", "name": "Outra"}, "code"),
        ({"code": "x" * 65, "name": "Outra"}, "code"),
    ],
)
def test_a_code_and_a_name_are_unique_within_the_manager(
    desk, manager, sales, given, field
):
    answer = desk.post(ADD, {"manager": manager.pk} | given)
    assert list(errors(answer)) == [field]


def test_renaming_to_a_taken_name_is_an_error_of_the_form(desk, sales, support):
    answer = desk.post(change(support), {"name": "Vendas"})
    assert list(errors(answer)) == ["name"]


def test_two_managers_may_name_their_areas_alike(office, sales, other_manager):
    office.post(ADD, {"manager": other_manager.pk, "code": "vendas", "name": "Vendas"})
    assert Area.objects.filter(code="vendas").count() == 2


def test_an_area_that_a_call_made_waits_for_review(desk, manager, sales):
    ensure_area(manager.pk, "desconhecida")
    shown = desk.get("/admin/areas/area/?needs_review__exact=1")
    (made,) = shown.context["cl"].result_list
    assert made.code == "desconhecida"
    assert "needs review" in shown.content.decode()
    assert desk.get("/admin/").context["to_review"] == 1

    answer = desk.post(
        "/admin/areas/area/",
        {"action": "reviewed", "_selected_action": [made.pk, sales.pk]},
        follow=True,
    )
    assert messages_of(answer) == ["1 area was reviewed."]
    assert not Area.objects.filter(needs_review=True).exists()


def test_an_area_with_contacts_cannot_be_deleted(desk, manager, sales):
    make_contact(manager, area=sales)
    address = f"/admin/areas/area/{sales.pk}/delete/"
    page = desk.get(address).content.decode()
    assert "“Vendas” has contacts." in page
    assert "An area with a history stays." in page
    assert desk.post(address, {"post": "yes"}).status_code == 200
    assert Area.objects.filter(pk=sales.pk).exists()


def test_an_unused_area_can_be_deleted_with_its_operators_places(desk, sales, ana):
    path = f"/admin/areas/area/{sales.pk}/delete/"
    answer = agree(desk, path, {"post": "yes"})
    assert "was deleted" in messages_of(answer)[0]
    assert not ana.memberships.exists()


def test_it_shows_who_serves_an_area(desk, sales, support, ana, bruno):
    bruno.is_active = False
    bruno.save()
    assert "Ana" in desk.get(change(sales)).content.decode()
    staffing = {
        area.code: area.serving
        for area in desk.get("/admin/areas/area/").context["cl"].result_list
    }
    assert staffing == {"vendas": 1, "suporte": 0}


def test_an_area_used_concurrently_is_reported_in_a_sentence(
    desk, manager, sales, monkeypatch
):
    make_contact(manager, area=sales)
    monkeypatch.setattr("managers.admin.deleting.history_of", lambda row: "")
    path = f"/admin/areas/area/{sales.pk}/delete/"
    answer = agree(desk, path, {"post": "yes"})
    assert messages_of(answer)[0] == "It is in use and cannot be deleted."
    assert Area.objects.filter(pk=sales.pk).exists()


def test_a_name_taken_concurrently_is_reported_in_a_sentence(
    desk, manager, sales, monkeypatch
):
    monkeypatch.setattr("areas.admin.areas.AreaForm.clean", lambda form: None)
    monkeypatch.setattr("areas.models.Area.validate_constraints", lambda *a, **k: None)
    answer = desk.post(
        ADD, {"manager": manager.pk, "code": "vendas", "name": "X"}, follow=True
    )
    assert messages_of(answer) == [
        "Somebody changed the same thing at this moment. Nothing was saved."
    ]
    assert Area.objects.count() == 1


def test_the_list_names_the_manager_only_where_there_are_several(desk, office, sales):
    make_area(sales.manager)
    assert "manager" not in desk.get("/admin/areas/area/").context["cl"].list_display
    assert "manager" in office.get("/admin/areas/area/").context["cl"].list_display


@pytest.mark.parametrize("typed", [" Vendas\u200b ", "Ven\u00addas", "Vendas\u00a0"])
def test_spellings_of_a_code_or_name_are_normalized(desk, manager, typed):
    sales = make_area(manager, "Vendas", name="Vendas")
    given = {"manager": manager.pk, "code": "outra", "name": "Outra"}
    for field in ("code", "name"):
        assert list(errors(desk.post(ADD, given | {field: typed}))) == [field]
    Area.objects.all().delete()
    desk.post(ADD, {"manager": manager.pk, "code": typed, "name": typed})
    area = Area.objects.get()
    assert (area.code, area.name) == (sales.code, sales.name)


def test_a_blank_code_or_name_is_an_error_of_the_form(desk, manager):
    given = {"manager": manager.pk, "code": "\u200b", "name": "\ufeff\u2060"}
    assert list(errors(desk.post(ADD, given))) == ["code", "name"]


def test_an_unchanged_name_is_not_validated_again(desk, manager, sales):
    """It was stored beside the plain spelling, before spellings were normalized."""
    other = make_area(manager, "x", name="Vendas\u200b")
    desk.post(change(other), {"name": other.name, "needs_review": "on"})
    other.refresh_from_db()
    assert other.needs_review
