"""POST api/operator/get: operators with their presence, load, cap and last assignment."""

from __future__ import annotations

from datetime import UTC, datetime

from django.utils import timezone

from areas.models import LastAssignment, Policy
from tests import builders
from tests.areas.test_presence import arrive
from tests.conftest import signed_in
from tests.contract.shapes import NUMBER, PAGE, TIME, answered, operator_shape, refused

PATH = "/api/operator/get"
NOTHING = {
    "presence": "offline",
    "pauseReason": "",
    "since": None,
    "load": 0,
    "cap": 0,
    "givenAt": None,
}


def test_it_lists_the_active_operators_oldest_first(
    api, manager, other_manager, ana, bruno
):
    builders.make_operator(manager, name="Carla", is_active=False)
    builders.make_operator(other_manager, name="Dora")
    both = [
        operator_shape(ana, "vendas") | NOTHING,
        operator_shape(bruno, "suporte") | NOTHING,
    ]
    answered(api.post(PATH, {"number": NUMBER}), {"operators": both})
    answered(api.post(PATH, {"facebookId": PAGE}), {"operators": both})
    answered(
        api.post(PATH, {"number": NUMBER, "area": "Suporte"}), {"operators": both[1:]}
    )


def test_load_counts_open_chats_assigned_to_him(api, manager, ana, sales, support):
    for area, closed in ((sales, False), (support, False), (sales, True)):
        contact = builders.make_contact(manager, area=area, operator=ana)
        at = timezone.now() if closed else None
        builders.make_chat(contact, closed_at=at)
    # A contact assigned without a chat, and an unassigned chat.
    builders.make_contact(manager, area=sales, operator=ana)
    builders.make_chat(builders.make_contact(manager, area=sales))
    [found] = api.post(PATH, {"number": NUMBER}).json()["data"]["operators"]
    assert found["load"] == 2


def test_cap_is_his_own_or_that_of_the_policy(api, manager, ana, bruno, sales):
    def caps(**area):
        data = api.post(PATH, {"number": NUMBER, **area}).json()["data"]
        return {found["id"]: found["cap"] for found in data["operators"]}

    Policy.objects.create(manager=manager, cap=5)
    Policy.objects.create(manager=manager, area=sales, cap=3)
    assert caps() == {str(ana.pk): 5, str(bruno.pk): 5}
    assert caps(area="vendas") == {str(ana.pk): 3}
    ana.cap = 0
    ana.save()
    assert caps(area="vendas") == {str(ana.pk): 0}


def test_given_at_is_the_last_assignment_of_that_area(api, ana, sales, support):
    def given_at(**area):
        data = api.post(PATH, {"number": NUMBER, **area}).json()["data"]
        return data["operators"][0]["givenAt"]

    for area, hour in ((sales, 13), (support, 15)):
        at = datetime(2026, 11, 22, hour, 5, tzinfo=UTC)
        LastAssignment.objects.create(operator=ana, area=area, at=at)
    assert given_at() == "2026-11-22T15:05:00.000Z"
    assert given_at(area="vendas") == "2026-11-22T13:05:00.000Z"


def test_it_returns_their_presence(api, ana):
    arrive(ana)
    paused = {"operatorId": str(ana.pk), "presence": "paused"}
    assert api.put("/api/operator/presence", paused).status_code == 200
    shape = operator_shape(ana, "vendas") | NOTHING
    shape |= {"online": True, "presence": "paused", "since": TIME}
    answered(api.post(PATH, {"number": NUMBER}), {"operators": [shape]})


def test_an_operator_sees_his_colleagues(ana, bruno):
    answer = signed_in(ana.user).post(PATH, {"number": NUMBER})
    assert len(answer.json()["data"]["operators"]) == 2


def test_unknown_managers_and_areas_are_refused(api, other_api, ana):
    refused(api.post(PATH, {"number": 1}), 404, "manager_not_found")
    refused(other_api.post(PATH, {"number": NUMBER}), 404, "manager_not_found")
    refused(api.post(PATH, {"number": NUMBER, "area": "x"}), 404, "area_not_found")
    fields = ["number", "facebookId"]
    refused(api.post(PATH, {}), 400, "invalid", fields=fields)
    refused(api.post(PATH, {"area": "vendas"}), 400, "invalid", fields=fields)


def test_the_number_of_queries_is_constant(
    api, manager, sales, django_assert_max_num_queries
):
    for _ in range(20):
        builders.make_operator(manager, sales)
    with django_assert_max_num_queries(7):
        answer = api.post(PATH, {"number": NUMBER, "area": "vendas"})
    assert len(answer.json()["data"]["operators"]) == 20
