"""The supervisor's forms of rules and holidays."""

from datetime import date

import pytest
from django.utils import timezone

from areas.models import Holiday, Policy, Schedule
from areas.policies import policy_for
from areas.policy_saving import save_policy
from tests.admin.conftest import NO_REASONS, agree, errors, messages_of
from tests.builders import make_area, make_manager

ADD = "/admin/areas/policy/add/"
LIST = "/admin/areas/policy/"
HOLIDAYS = "/admin/areas/holiday/"
NATIONAL = "/admin/areas/holiday/national/"
WEEK = {"hours_0": "week", "hours_1": "08:00-12:00, 13:00-18:00", "hours_7": ""}


def form_of(answer):
    return answer.context["adminform"].form


def change(policy):
    return f"/admin/areas/policy/{policy.pk}/change/"


def typed(client, address):
    """What the form would send as it is shown."""
    sent = {}
    for bound in form_of(client.get(address)):
        value = bound.value()
        if bound.name == "hours":
            sent |= {f"hours_{n}": text for n, text in enumerate(value)}
        else:
            sent[bound.name] = "" if value is None else value
    return sent


@pytest.fixture
def policy(manager):
    save_policy(
        manager.pk,
        None,
        {
            "hours": {"mon": ["08:00-12:00"]},
            "slaQueue": 90,
            "awayText": "Fechado",
            "survey": True,
        },
    )
    return Policy.objects.get(manager=manager, area=None)


def test_a_supervisor_sets_the_rules_of_his_manager(desk, manager, sales, supervisor):
    given = {
        "manager": manager.pk,
        **WEEK,
        "sla_queue": "1:30",
        "away_text": "Voltamos às {abre}",
        "survey": "yes",
        "entry_area_id": sales.pk,
    }
    answer = desk.post(ADD, given)
    assert answer.status_code == 302, errors(answer)
    found = policy_for(manager.pk, None)
    assert found.hours == {"mon": ["08:00-12:00", "13:00-18:00"]}
    assert (found.sla_queue, found.survey) == (90, True)
    assert (found.away_text, found.entry_area_id) == ("Voltamos às {abre}", sales.pk)
    assert Schedule.objects.get().made_by == f"user:{supervisor.pk}"
    manager.refresh_from_db()
    assert manager.has_automation
    assert desk.get(LIST).status_code == 200


def test_a_form_sent_as_it_is_shown_changes_nothing(desk, manager, sales, policy):
    save_policy(manager.pk, sales.pk, {"awayArea": "", "closingText": "", "cap": 0})
    own = Policy.objects.get(area=sales)
    before = list(Policy.objects.order_by("pk").values())
    for row in (policy, own):
        answer = desk.post(change(row), typed(desk, change(row)))
        assert answer.status_code == 302, errors(answer)
    assert list(Policy.objects.order_by("pk").values()) == before


def test_what_an_area_inherits_is_shown_in_grey(desk, manager, sales, policy):
    page = desk.get(ADD, {"manager": manager.pk, "area": sales.pk})
    fields = form_of(page).fields
    assert fields["sla_queue"].widget.attrs["placeholder"] == "1:30"
    assert fields["away_text"].widget.attrs["placeholder"] == "Fechado"
    monday, tuesday = fields["hours"].widget.widgets[1:3]
    assert monday.attrs["placeholder"] == "08:00-12:00"
    assert tuesday.attrs["placeholder"] == "closed"
    assert fields["survey"].choices[0] == ("", "Inherited: Yes")
    assert fields["away_area_id"].choices[0] == ("", "Inherited: None")
    assert 'placeholder="1:30"' in page.content.decode()
    # The manager's own page shows the defaults, not his own settings.
    own = form_of(desk.get(change(policy))).fields
    assert own["sla_queue"].widget.attrs["placeholder"] == "0"


def test_an_area_says_explicitly_nothing(desk, manager, sales, support, policy):
    save_policy(manager.pk, None, {"awayArea": "suporte"})
    given = {
        "manager": manager.pk,
        "area": sales.pk,
        "hours_0": "always",
        "away_text": "-",
        "away_area_id": "-",
        "sla_queue": "0",
        "survey": "no",
    }
    assert desk.post(ADD, given).status_code == 302
    found = policy_for(manager.pk, sales.pk)
    assert (found.hours, found.away_text, found.away_area_id) == ("always", "", None)
    assert (found.sla_queue, found.survey) == (0, False)
    own = Policy.objects.get(area=sales)
    desk.post(change(own), typed(desk, change(own)) | {"sla_queue": "", "hours_0": ""})
    assert policy_for(manager.pk, sales.pk).sla_queue == 90
    assert policy_for(manager.pk, sales.pk).hours == {"mon": ["08:00-12:00"]}


@pytest.mark.parametrize(
    ("given", "field", "part"),
    [
        ({"hours_0": "week", "hours_2": "08:00-12:00, 11:00-13:00"}, "hours", "tue[1]"),
        ({"hours_0": "", "hours_2": "08:00-12:00"}, "hours", "The week below"),
        ({"sla_queue": "soon"}, "sla_queue", "minutes"),
        ({"sla_queue": "999999"}, "sla_queue", "from 0 to"),
        ({"reopen": "10081"}, "reopen", "from 0 to"),
        ({"cap": "1001"}, "cap", "1000"),
        ({"away_area_id": "999999"}, "away_area_id", "choice"),
        ({}, "__all__", "Set something"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(desk, manager, given, field, part):
    answer = desk.post(ADD, {"manager": manager.pk} | given)
    found = errors(answer)
    assert list(found) == [field]
    assert part in str(found[field])
    assert not Policy.objects.exists()


def test_the_rules_of_a_manager_are_there_once(desk, manager, policy):
    answer = desk.post(ADD, {"manager": manager.pk, "cap": "3"})
    assert "change those" in str(errors(answer)["__all__"])


def test_entry_area_is_not_offered_to_an_area(desk, manager, sales):
    save_policy(manager.pk, sales.pk, {"cap": 1})
    own = Policy.objects.get(area=sales)
    assert "entry_area_id" not in form_of(desk.get(change(own))).fields


def test_a_foreign_area_is_no_choice(desk, manager):
    foreign = make_area(make_manager())
    answer = desk.post(ADD, {"manager": manager.pk, "area": foreign.pk, "cap": "1"})
    assert list(errors(answer)) == ["area"]
    answer = desk.post(ADD, {"manager": manager.pk, "away_area_id": foreign.pk})
    assert list(errors(answer)) == ["away_area_id"]


def test_deleting_rules_inherits_everything(desk, manager, sales, policy):
    desk.post(f"/admin/areas/policy/{policy.pk}/delete/", {"post": "yes"})
    assert not Policy.objects.exists()
    manager.refresh_from_db()
    assert not manager.has_automation
    assert Schedule.objects.get(pk=manager.schedule_id).hours["2"] == [
        ["00:00", "24:00"]
    ]


def test_an_area_leads_to_its_rules(desk, manager, sales):
    page = f"/admin/areas/area/{sales.pk}/change/"
    link = f"{ADD}?manager={manager.pk}&amp;area={sales.pk}"
    assert link in desk.get(page).content.decode()
    save_policy(manager.pk, sales.pk, {"cap": 1})
    own = Policy.objects.get(area=sales)
    assert change(own) in desk.get(page).content.decode()


def test_an_area_is_deleted_with_its_rules(desk, manager, sales):
    save_policy(manager.pk, sales.pk, {"awayText": "Fechado", "hours": {}})
    agree(desk, f"/admin/areas/area/{sales.pk}/delete/", {"post": "yes"})
    assert not Policy.objects.exists()
    assert not Schedule.objects.exclude(area=None).exists()
    manager.refresh_from_db()
    assert not manager.has_automation


def test_a_new_zone_of_the_manager_is_a_new_version(desk, manager, policy):
    page = f"/admin/managers/manager/{manager.pk}/change/"
    sent = typed(desk, page) | {"time_zone": "America/Manaus", "uf": "AM"}
    sent |= NO_REASONS
    assert desk.post(page, sent).status_code == 302
    manager.refresh_from_db()
    assert manager.uf == "AM"
    version = Schedule.objects.get(pk=manager.schedule_id)
    assert version.zone == "America/Manaus"


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
    desk.post(f"{HOLIDAYS}{row.pk}/delete/", {"post": "yes"})
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
def test_a_wrong_holiday_is_refused(desk, manager, given, field):
    Holiday.objects.create(manager=manager, date=date(2027, 12, 25), name="Natal")
    sent = {"manager": manager.pk, "date": "2027-05-01", "name": "Trabalho"} | given
    assert list(errors(desk.post(f"{HOLIDAYS}add/", sent))) == [field]


def test_the_national_ones_are_offered_and_carnaval_is_not_ticked(desk, manager):
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


def test_a_states_holidays_are_offered_with_its_name(desk, manager):
    manager.uf = "SP"
    manager.save()
    year = timezone.localdate().year
    form = desk.get(NATIONAL).context["form"]
    assert f"{year}-07-09" in form.initial["days"]


def test_in_december_the_overview_names_whom_next_years_are_missing(
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


def test_holidays_of_a_foreign_manager_are_not_added(desk, manager):
    foreign = make_manager()
    year = timezone.localdate().year
    sent = {"agreed": "1", "manager": foreign.pk, "year": year}
    answer = desk.post(NATIONAL, sent | {"days": [f"{year}-12-25"]})
    assert "manager" in answer.context["form"].errors
    assert not Holiday.objects.exists()


def test_an_areas_assignment_can_be_tried(desk, manager, sales, ana):
    save_policy(manager.pk, None, {"assign": "rotation", "cap": 4})
    save_policy(manager.pk, sales.pk, {"cap": 7})
    page = desk.get(change(Policy.objects.get(area=sales)))
    data = page.context["assignment_trial"]
    assert (data["names"], data["area"]) == ({"number": manager.number}, sales.code)
    assert data["inherited"] == {"assign": "rotation", "cap": 4, "lastOperator": 0}
    assert data["operators"][str(ana.pk)] == ana.name
    assert b"assignment-trial.js" in page.content
    own = desk.get(change(Policy.objects.get(area=None)))
    assert own.context["assignment_trial"] is None
