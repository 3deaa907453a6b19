"""The supervisor's forms of rules and holidays."""

import pytest

from areas.models import Policy, Schedule
from areas.rules.policies import policy_for
from areas.rules.policy_saving import save_policy
from tests.admin.conftest import NO_REASONS, agree, errors
from tests.builders import make_area, make_manager

ADD = "/admin/areas/policy/add/"
LIST = "/admin/areas/policy/"
WEEK = {"hours_0": "week", "hours_1": "08:00-12:00, 13:00-18:00", "hours_7": ""}


def form_of(answer):
    return answer.context["adminform"].form


def change(policy):
    return f"/admin/areas/policy/{policy.pk}/change/"


def typed(client, address):
    """Returns the data that the form would submit unchanged."""
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


def test_inherited_settings_are_shown_in_grey(desk, manager, sales, policy):
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


def test_an_area_can_explicitly_set_nothing(desk, manager, sales, support, policy):
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
        (
            {"hours_0": "week", "hours_2": "08:00-12:00, 11:00-13:00"},
            "hours",
            "Tuesday (2)",
        ),
        ({"hours_0": "", "hours_2": "08:00-12:00"}, "hours", "The week below"),
        ({"sla_queue": "soon"}, "sla_queue", "minutes"),
        ({"sla_queue": "525601"}, "sla_queue", "At most 525600 minutes."),
        ({"reopen": "10081"}, "reopen", "At most 10080 minutes."),
        ({"cap": "1001"}, "cap", "1000"),
        ({"away_area_id": "999999"}, "away_area_id", "choice"),
        ({}, "__all__", "Set something"),
    ],
)
def test_invalid_values_are_errors_of_their_fields(desk, manager, given, field, part):
    answer = desk.post(ADD, {"manager": manager.pk} | given)
    found = errors(answer)
    assert list(found) == [field]
    assert part in str(found[field])
    assert not Policy.objects.exists()


def test_a_manager_has_one_row_of_rules(desk, manager, policy):
    answer = desk.post(ADD, {"manager": manager.pk, "cap": "3"})
    assert "change those" in str(errors(answer)["__all__"])


def test_entry_area_is_not_offered_to_an_area(desk, manager, sales):
    save_policy(manager.pk, sales.pk, {"cap": 1})
    own = Policy.objects.get(area=sales)
    assert "entry_area_id" not in form_of(desk.get(change(own))).fields


def test_areas_of_other_managers_are_not_offered(desk, manager):
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


def test_an_area_links_to_its_rules(desk, manager, sales):
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


def test_a_new_time_zone_of_the_manager_creates_a_version(desk, manager, policy):
    page = f"/admin/managers/manager/{manager.pk}/change/"
    sent = typed(desk, page) | {"time_zone": "America/Manaus", "uf": "AM"}
    sent |= NO_REASONS
    assert desk.post(page, sent).status_code == 302
    manager.refresh_from_db()
    assert manager.uf == "AM"
    version = Schedule.objects.get(pk=manager.schedule_id)
    assert version.zone == "America/Manaus"


def test_an_area_links_to_the_trial_of_its_assignment(desk, manager, sales, ana):
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
