"""PUT api/operator/presence: permissions, validation and the response."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection

from areas.models import Availability, PauseReason
from tests.areas.test_presence import arrive, spans
from tests.builders import make_operator, make_supervisor
from tests.conftest import Api, signed_in
from tests.contract.shapes import TIME, answered, operator_shape, refused
from tests.racing import at_once, in_a_thread, until_one_waits

PATH = "/api/operator/presence"


def put(api: Api, operator: Any, presence: str, **more: Any) -> Any:
    body = {"operatorId": str(operator.pk), "presence": presence, **more}
    return api.put(PATH, body)


@pytest.fixture
def lunch(manager: Any) -> PauseReason:
    return PauseReason.objects.create(manager=manager, code="almoco", name="Almoço")


def test_it_returns_the_operator(api, ana, lunch):
    arrive(ana)
    shape = operator_shape(ana, "vendas") | {
        "online": True,
        "presence": "paused",
        "pauseReason": "almoco",
        "since": TIME,
    }
    answered(put(api, ana, "paused", reason="almoco"), shape)
    back = shape | {"presence": "online", "pauseReason": ""}
    answered(put(api, ana, "online"), back)
    gone = back | {"online": False, "presence": "offline"}
    answered(put(api, ana, "offline"), gone)


def test_an_operator_without_a_socket_stays_offline(api, ana):
    shape = operator_shape(ana, "vendas") | {
        "presence": "offline",
        "pauseReason": "",
        "since": None,
    }
    answered(put(api, ana, "paused"), shape)
    assert Availability.objects.get().state == "paused"


def test_with_a_list_a_reason_is_required(api, ana, lunch):
    refused(put(api, ana, "paused"), 400, "invalid", fields=["reason"])
    refused(put(api, ana, "paused", reason="x"), 400, "invalid", fields=["reason"])
    lunch.is_active = False
    lunch.save()
    refused(put(api, ana, "paused", reason="almoco"), 400, "invalid", fields=["reason"])
    assert put(api, ana, "paused").status_code == 200
    assert not Availability.objects.exclude(reason="").exists()


def test_without_a_list_a_reason_is_refused(api, other_manager, ana):
    PauseReason.objects.create(manager=other_manager, code="almoco", name="Almoço")
    refused(put(api, ana, "paused", reason="almoco"), 400, "invalid", fields=["reason"])
    assert not Availability.objects.exists()


@pytest.mark.parametrize("presence", ["online", "offline"])
def test_only_a_pause_has_a_reason(api, ana, lunch, presence):
    asked = put(api, ana, presence, reason="almoco")
    refused(asked, 400, "invalid", fields=["reason"])


@pytest.mark.parametrize("presence", ["away", "", None, 1, [], "Online", "\x00"])
def test_an_unknown_presence_is_invalid(api, ana, presence):
    asked = put(api, ana, presence)
    refused(asked, 400, "invalid", fields=["presence"])


def test_an_operator_can_only_set_his_own(ana, bruno):
    session = signed_in(ana.user)
    assert put(session, ana, "paused").status_code == 200
    other = put(session, bruno, "paused")
    refused(other, 403, "forbidden")
    assert session.put(PATH, {"operatorId": "999", "presence": "paused"}).content == (
        other.content
    )
    assert [row.operator for row in Availability.objects.all()] == [ana]


def test_supervisors_set_that_of_their_operators(manager, other_manager, ana):
    assert put(signed_in(make_supervisor(manager)), ana, "paused").status_code == 200
    foreign = put(signed_in(make_supervisor(other_manager)), ana, "online")
    refused(foreign, 404, "operator_not_found")
    assert Availability.objects.get().state == "paused"


def test_a_key_of_another_manager_gets_404(other_api, ana):
    refused(put(other_api, ana, "paused"), 404, "operator_not_found")


def test_operator_zero_has_no_presence(api, ana):
    answer = api.put(PATH, {"operatorId": 0, "presence": "online"})
    refused(answer, 404, "operator_not_found")


def test_the_documented_list_has_only_online(api, ana):
    arrive(ana)
    put(api, ana, "paused")
    listed = operator_shape(ana, "vendas") | {"online": True}
    answered(api.post("/api/area/operator/8080", {"idarea": "vendas"}), [listed])
    put(api, ana, "offline")
    listed["online"] = False
    answered(api.post("/api/area/operator/8080", {"idarea": "vendas"}), [listed])


@pytest.mark.django_db(transaction=True)
def test_simultaneous_calls_run_one_after_the_other(full_api, manager):
    ana = make_operator(manager)
    arrive(ana)
    states = ["paused", "offline", "online", "paused", "offline", "online"]
    answers = at_once([lambda s=s: put(full_api, ana, s) for s in states])
    assert {answer.status_code for answer in answers} == {200}
    set_last = Availability.objects.get().state
    open_spans = [state for state, _reason, is_open in spans(ana) if is_open]
    assert open_spans == ([] if set_last == "offline" else [set_last])


@pytest.mark.django_db(transaction=True)
def test_it_waits_for_the_lock_of_the_operator(full_api, manager):
    """An assignment that holds the lock sees the presence before the change."""
    from django.db import transaction

    ana = make_operator(manager)
    arrive(ana)
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT FROM areas_operator WHERE id = %s FOR NO KEY UPDATE", [ana.pk]
            )
        waiting = in_a_thread(lambda: put(full_api, ana, "paused"))
        until_one_waits()
        assert not Availability.objects.exists()
    assert waiting.result(30).json()["data"]["presence"] == "paused"


@pytest.mark.django_db(transaction=True)
def test_simultaneous_connects_and_disconnects_leave_one_correct_span(manager):
    from tests.areas.test_presence import depart, presence

    ana = make_operator(manager)
    for _ in range(10):
        arrive(ana, process="a")
        at_once(
            [
                lambda: depart(ana, process="a"),
                lambda: arrive(ana, process="b"),
            ]
        )
        assert presence(ana)[1] == "online"
        assert [row for row in spans(ana) if row[2]] == [("online", "", True)]
        at_once(
            [
                lambda: depart(ana, process="b"),
                lambda: arrive(ana, process="a"),
                lambda: depart(ana, process="a"),
            ]
        )
        is_online = presence(ana)[0]
        assert [row[2] for row in spans(ana) if row[2]] == [True] * is_online
        depart(ana, process="a")
