"""Holidays in the back-office: single ones, and the national ones."""

from datetime import date

import pytest
from django.utils import timezone

from areas.models import Holiday, Schedule
from areas.rules.schedule_versions import refresh_rules
from tests.admin.conftest import agree_to, errors, messages_of
from tests.builders import make_chat, make_contact, make_manager, save_policy

HOLIDAYS = "/admin/areas/holiday/"


NATIONAL = "/admin/areas/holiday/national/"


def test_a_holiday_is_added_changed_and_deleted(desk, manager, sales):
    given = {
        "manager": manager.pk,
        "area": "",
        "date": "2027-05-01",
        "name": "Trabalho",
        "hours": "09:00-12:00; 14:00-15:00",
    }
    assert desk.post(f"{HOLIDAYS}add/", given).status_code == 302
    row = Holiday.objects.get()
    manager.refresh_from_db()
    first = Schedule.objects.get(pk=manager.schedule_id)
    assert first.holidays == {
        "2027-05-01": [["09:00", "12:00"], ["14:00", "15:00"]],
    }
    page = f"{HOLIDAYS}{row.pk}/change/"
    assert desk.post(page, given | {"hours": ""}).status_code == 302
    row.refresh_from_db()
    assert row.hours is None
    delete = f"{HOLIDAYS}{row.pk}/delete/"
    asked = desk.get(delete)
    page = asked.content.decode()
    assert "Delete the holiday “Trabalho”" in page
    assert "the hours of the weekday count again." in page
    assert desk.post(delete, {"post": "yes"}).status_code == 200
    assert Holiday.objects.exists()
    agree_to(desk, delete, asked, {"post": "yes"})
    manager.refresh_from_db()
    assert Schedule.objects.get(pk=manager.schedule_id).holidays == {}
    assert Schedule.objects.count() == 3


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"hours": "22:00-06:00"}, "hours"),
        ({"hours": "soon"}, "hours"),
        ({"date": "2027-12-25"}, "date"),
        ({"name": ""}, "name"),
    ],
)
def test_an_invalid_holiday_is_refused(desk, manager, given, field):
    Holiday.objects.create(manager=manager, date=date(2027, 12, 25), name="Natal")
    sent = {"manager": manager.pk, "date": "2027-05-01", "name": "Trabalho"} | given
    assert list(errors(desk.post(f"{HOLIDAYS}add/", sent))) == [field]


def test_national_holidays_are_offered_with_carnival_unselected(desk, manager):
    year = timezone.localdate().year + 1
    form = desk.get(NATIONAL, {"manager": manager.pk, "year": year}).context["form"]
    labels = dict(form.fields["days"].choices)
    ticked = form.initial["days"]
    assert f"{year}-12-25" in ticked
    loose = [label for day, label in labels.items() if day not in ticked]
    assert any("Carnaval" in label for label in loose)
    assert any("Corpus Christi" in label for label in loose)
    days = [f"{year}-12-25", f"{year}-01-01"]
    sent = {"agreed": "1", "manager": manager.pk, "year": year, "uf": "", "days": days}
    answer = desk.post(NATIONAL, sent, follow=True)
    assert messages_of(answer) == ["2 dates were added."]
    assert messages_of(desk.post(NATIONAL, sent, follow=True)) == [
        "0 dates were added."
    ]
    names = Holiday.objects.order_by("date").values_list("name", flat=True)
    assert list(names) == ["Confraternização Universal", "Natal"]
    manager.refresh_from_db()
    assert f"{year}-12-25" in Schedule.objects.get(pk=manager.schedule_id).holidays


def test_the_holidays_of_a_state_are_offered(desk, manager):
    manager.uf = "SP"
    manager.save()
    year = timezone.localdate().year
    form = desk.get(NATIONAL).context["form"]
    assert f"{year}-07-09" in form.initial["days"]


def test_in_december_the_overview_names_managers_without_next_years_holidays(
    desk, manager, monkeypatch
):
    foreign = make_manager(name="Estranho")
    for each in (manager, foreign):
        Holiday.objects.create(manager=each, date=date(2026, 5, 1), name="Trabalho")
    title = "Next year's holidays are missing"

    def page(today):
        monkeypatch.setattr(timezone, "localdate", lambda *_, **__: today)
        return desk.get("/admin/")

    december = page(date(2026, 12, 1))
    assert december.context["without_holidays"] == [manager.name]
    assert title in december.content.decode()
    assert page(date(2026, 11, 30)).context["without_holidays"] == []
    Holiday.objects.create(manager=manager, date=date(2027, 5, 1), name="Trabalho")
    assert page(date(2026, 12, 1)).context["without_holidays"] == []


def test_holidays_of_another_manager_cannot_be_added(desk, manager):
    foreign = make_manager()
    year = timezone.localdate().year
    sent = {"agreed": "1", "manager": foreign.pk, "year": year}
    answer = desk.post(NATIONAL, sent | {"days": [f"{year}-12-25"]})
    assert "manager" in answer.context["form"].errors
    assert not Holiday.objects.exists()


def test_deleting_shows_who_will_wait_outside_the_hours(desk, manager, sales):
    save_policy(manager, hours={})
    today = timezone.localdate()
    row = Holiday.objects.create(
        manager=manager, date=today, name="Feira", hours=["00:00-24:00"], area=sales
    )
    refresh_rules(manager.pk)
    make_chat(make_contact(manager, area=sales))
    versions = Schedule.objects.count()
    asked = desk.get(f"{HOLIDAYS}{row.pk}/delete/")
    facts = {fact.key: fact.count for fact in asked.context["impact"].facts}
    assert (facts["waiting"], facts["outside"]) == (1, 1)
    said = asked.context["impact"].sentences[0]
    assert "the area Vendas has the manager's hours again" in said
    assert Schedule.objects.count() == versions
    assert Holiday.objects.get() == row
