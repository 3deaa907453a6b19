"""Presence of operators: the chosen one, the current one, and the spans of its history.

`arrive`, `depart`, `renew` and `expire` are what the feed's processes do.
"""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from areas.models import Availability, PauseReason, PresenceSpan
from areas.presence import LASTS, set_presence
from areas.queries import present_operators
from hci_center.callers import Caller
from tests import builders

KEY = Caller("key", "key:1", None)


def run(query: str, *values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return cursor.fetchall()


def arrive(*operators: Any, process: str = "a") -> list[tuple[Any, ...]]:
    ids = [operator.pk for operator in operators]
    return run("SELECT * FROM presence_arrive(%s, %s, %s)", process, ids, LASTS)


def depart(*operators: Any, process: str = "a") -> list[tuple[Any, ...]]:
    ids = [operator.pk for operator in operators]
    return run("SELECT * FROM presence_depart(%s, %s, %s)", process, ids, LASTS)


def renew(*operators: Any, process: str = "a") -> list[int]:
    ids = [operator.pk for operator in operators]
    rows = run("SELECT * FROM presence_renew(%s, %s, %s)", process, ids, LASTS)
    return [operator for (operator,) in rows]


def expire() -> list[tuple[Any, ...]]:
    return run("SELECT * FROM presence_expire(%s)", LASTS)


def pass_time(seconds: float) -> None:
    """Moves everything that is stored into the past."""
    ago = timedelta(seconds=seconds)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE areas_presence SET online_until = online_until - %s", [ago]
        )
        cursor.execute("UPDATE areas_availability SET since = since - %s", [ago])
        cursor.execute(
            "UPDATE areas_presencespan SET started_at = started_at - %s,"
            " ended_at = ended_at - %s, seen_at = seen_at - %s",
            [ago, ago, ago],
        )


def put(operator: Any, state: str, reason: str = "") -> None:
    set_presence(KEY, operator.pk, state, reason)


def presence(operator: Any) -> tuple[Any, ...]:
    [found] = present_operators(operator.manager_id, operator_id=operator.pk)
    shape = found.shape
    return shape["online"], shape["presence"], shape["pauseReason"]


def spans(operator: Any) -> list[tuple[str, str, bool]]:
    rows = PresenceSpan.objects.filter(operator=operator).order_by("started_at", "pk")
    return [(row.state, row.reason, row.ended_at is None) for row in rows]


def test_an_operator_is_online_while_a_process_has_a_socket_of_his(ana):
    assert presence(ana) == (False, "offline", "")
    assert arrive(ana) == [
        (ana.pk, ana.manager_id, True, None, "", PresenceSpan.objects.get().started_at)
    ]
    assert presence(ana) == (True, "online", "")
    assert spans(ana) == [("online", "", True)]
    assert arrive(ana, process="b") == []
    assert depart(ana) == []
    assert spans(ana) == [("online", "", True)]
    [gone] = depart(ana, process="b")
    assert gone == (
        *(ana.pk, ana.manager_id, False, None, ""),
        PresenceSpan.objects.get().ended_at,
    )
    assert presence(ana) == (False, "offline", "")
    assert spans(ana) == [("online", "", False)]


def test_a_chosen_presence_survives_reconnections_and_ends_the_span(ana):
    arrive(ana)
    put(ana, "paused")
    since = Availability.objects.get().since
    assert presence(ana) == (True, "paused", "")
    depart(ana)
    assert presence(ana) == (False, "offline", "")
    arrive(ana)
    assert presence(ana) == (True, "paused", "")
    put(ana, "paused")
    assert Availability.objects.get().since == since
    put(ana, "online")
    assert spans(ana) == [
        ("online", "", False),
        ("paused", "", False),
        ("paused", "", False),
        ("online", "", True),
    ]


def test_setting_offline_ends_the_span_while_the_socket_is_open(ana):
    arrive(ana)
    put(ana, "offline")
    assert presence(ana) == (False, "offline", "")
    assert spans(ana) == [("online", "", False)]
    assert renew(ana) == []
    assert arrive(ana, process="b") == []
    assert spans(ana) == [("online", "", False)]
    put(ana, "online")
    assert presence(ana) == (True, "online", "")
    assert spans(ana) == [("online", "", False), ("online", "", True)]


def test_a_presence_chosen_without_a_socket_takes_effect_with_one(ana):
    put(ana, "paused")
    assert presence(ana) == (False, "offline", "")
    assert spans(ana) == []
    [change] = arrive(ana)
    assert change[2:5] == (True, "paused", "")


def test_another_reason_starts_another_span(manager, ana):
    for code in ("almoco", "banheiro"):
        PauseReason.objects.create(manager=manager, code=code, name=code.title())
    arrive(ana)
    put(ana, "paused", "almoco")
    put(ana, "paused", "banheiro")
    assert spans(ana)[1:] == [("paused", "almoco", False), ("paused", "banheiro", True)]
    assert presence(ana) == (True, "paused", "banheiro")


def test_renewal_updates_when_he_was_last_seen(ana, bruno):
    arrive(ana, bruno)
    pass_time(40)
    before = PresenceSpan.objects.get(operator=bruno).seen_at
    assert renew(ana) == []
    row = PresenceSpan.objects.get(operator=ana)
    assert timezone.now() - row.seen_at < timedelta(seconds=30)
    assert PresenceSpan.objects.get(operator=bruno).seen_at == before
    pass_time(40)
    assert presence(ana)[0]
    assert not presence(bruno)[0]


def test_after_a_crash_the_span_ends_when_he_was_last_seen(ana):
    arrive(ana)
    pass_time(10)
    seen = PresenceSpan.objects.get().seen_at
    assert expire() == []
    pass_time(LASTS)
    [change] = expire()
    row = PresenceSpan.objects.get()
    assert row.ended_at == row.seen_at == seen - timedelta(seconds=LASTS)
    assert change == (ana.pk, ana.manager_id, False, None, "", row.ended_at)
    assert expire() == []


def test_after_a_crash_in_a_pause_the_pause_ends_when_last_seen(ana):
    arrive(ana)
    pass_time(30)
    put(ana, "paused")
    pass_time(31)
    [change] = expire()
    assert change[2:4] == (False, "offline")
    row = PresenceSpan.objects.get(state="paused")
    assert row.ended_at == row.started_at


def test_reconnecting_long_after_a_crash_starts_a_new_span(ana):
    arrive(ana)
    pass_time(LASTS + 600)
    seen = PresenceSpan.objects.get().seen_at
    [change] = arrive(ana, process="b")
    assert change[2] is True
    first, second = PresenceSpan.objects.order_by("pk")
    assert first.ended_at == seen
    assert second.ended_at is None
    assert second.started_at > seen


def test_reconnecting_soon_after_a_crash_continues_the_span(ana):
    arrive(ana)
    pass_time(15)
    assert arrive(ana, process="b") == []
    assert spans(ana) == [("online", "", True)]
    row = PresenceSpan.objects.get()
    assert row.seen_at - row.started_at >= timedelta(seconds=15)


def test_the_unlogged_table_is_filled_again_after_a_crash(ana):
    arrive(ana)
    run("DELETE FROM areas_presence RETURNING 1")
    assert renew(ana) == [ana.pk]
    assert arrive(ana) == []
    assert renew(ana) == []
    assert spans(ana) == [("online", "", True)]


def test_an_expired_operator_can_connect_again(ana):
    arrive(ana)
    pass_time(LASTS + 1)
    assert renew(ana) == [ana.pk]


def test_a_span_never_ends_before_it_began_even_if_the_clock_goes_back(ana):
    arrive(ana)
    pass_time(-3600)
    depart(ana)
    arrive(ana)
    first, second = PresenceSpan.objects.order_by("pk")
    assert first.started_at == first.ended_at == second.started_at


class TestProperties(TestCase):
    """Random orders of actions of operators, sockets and crashes."""

    @settings(max_examples=60, deadline=None)
    @given(
        st.lists(
            st.one_of(
                st.tuples(st.just("arrive"), st.sampled_from("ab")),
                st.tuples(st.just("depart"), st.sampled_from("ab")),
                st.tuples(st.just("renew"), st.sampled_from("ab")),
                st.tuples(st.just("put"), st.sampled_from(Availability.State.values)),
                st.tuples(st.just("pass"), st.sampled_from([0.5, 15, 45, 61, 400])),
                st.tuples(st.just("expire"), st.none()),
            ),
            max_size=25,
        )
    )
    def test_spans_never_overlap_and_are_open_while_he_is_there(self, steps):
        ana = builders.make_operator(builders.make_manager())
        for step, given_value in steps:
            if step == "put":
                put(ana, given_value)
            elif step == "pass":
                pass_time(given_value)
            elif step == "expire":
                expire()
            elif step == "renew":
                if renew(ana, process=given_value):
                    arrive(ana, process=given_value)
            else:
                {"arrive": arrive, "depart": depart}[step](ana, process=given_value)
            expected = presence(ana)[1:]
            current = [
                (row.state, row.reason)
                for row in PresenceSpan.objects.filter(ended_at=None)
                if row.seen_at > timezone.now() - timedelta(seconds=LASTS)
            ]
            if expected[0] != "offline":
                assert current == [expected]
        rows = list(PresenceSpan.objects.order_by("started_at", "pk"))
        now = timezone.now()
        for row in rows:
            assert row.started_at <= (row.ended_at or now)
            assert row.started_at <= now
        for earlier, later in pairwise(rows):
            assert earlier.ended_at is not None
            assert earlier.ended_at <= later.started_at


@pytest.mark.parametrize("state", Availability.State.values)
def test_signing_in_sets_online(client, ana, state):
    arrive(ana)
    put(ana, state)
    client.force_login(ana.user)
    assert presence(ana) == (True, "online", "")


def test_signing_in_stores_nothing_without_a_chosen_presence(client, ana):
    client.force_login(ana.user)
    assert not Availability.objects.exists()
