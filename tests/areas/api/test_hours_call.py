"""POST api/area/hours: whether an area is open, the next change, and due times."""

from datetime import UTC, date, datetime

import pytest

from areas.models import Holiday
from areas.rules.policy_saving import save_policy
from areas.rules.schedule_versions import refresh_rules
from tests.conftest import signed_in
from tests.contract.shapes import NUMBER, PAGE, answered, refused

URL = "/api/area/hours"
WEEK = {
    day: ["08:00-12:00", "13:00-18:00"] for day in ("mon", "tue", "wed", "thu", "fri")
}


def unix(*when):
    return datetime(*when, tzinfo=UTC).timestamp()


@pytest.fixture
def opened(manager, sales):
    save_policy(manager.pk, None, {"hours": WEEK})
    save_policy(manager.pk, sales.pk, {"hours": {"sat": ["22:00-02:00"]}})
    return manager


def state(**over):
    return {
        "open": True,
        "opensAt": None,
        "closesAt": None,
        "holiday": None,
        "timeZone": "America/Sao_Paulo",
        "dueAt": None,
    } | over


def test_without_settings_it_is_always_open(api, sales):
    answered(api.post(URL, {"number": NUMBER, "area": "vendas"}), state())
    due = api.post(URL, {"facebookId": PAGE, "at": unix(2026, 11, 20, 12), "add": 90})
    answered(due, state(dueAt="2026-11-20T12:01:30.000Z"))


def test_it_returns_the_next_closing_and_opening(api, opened):
    friday = {"number": NUMBER, "at": unix(2026, 11, 27, 19, 30), "add": 3600}
    answered(
        api.post(URL, friday),
        state(closesAt="2026-11-27T21:00:00.000Z", dueAt="2026-11-27T20:30:00.000Z"),
    )
    # The rest of Friday's hours, then Monday's.
    evening = friday | {"at": unix(2026, 11, 27, 20, 30)}
    answered(
        api.post(URL, evening),
        state(closesAt="2026-11-27T21:00:00.000Z", dueAt="2026-11-30T11:30:00.000Z"),
    )
    saturday = friday | {"at": unix(2026, 11, 28, 15), "add": 0}
    answered(
        api.post(URL, saturday),
        state(
            open=False,
            opensAt="2026-11-30T11:00:00.000Z",
            dueAt="2026-11-28T15:00:00.000Z",
        ),
    )


def test_an_area_has_hours_of_its_own_past_midnight(api, opened, support):
    sunday = {"number": NUMBER, "area": "vendas", "at": unix(2026, 11, 29, 4, 59, 59)}
    answered(api.post(URL, sunday), state(closesAt="2026-11-29T05:00:00.000Z"))
    monday = {"number": NUMBER, "area": "suporte", "at": unix(2026, 11, 30, 11)}
    answered(api.post(URL, monday), state(closesAt="2026-11-30T15:00:00.000Z"))


def test_a_holiday_closes_and_is_named(api, opened, sales, support):
    Holiday.objects.create(
        manager=opened, date=date(2025, 12, 25), name="Natal", is_yearly=True
    )
    Holiday.objects.create(
        manager=opened,
        area=support,
        date=date(2026, 12, 25),
        name="Plantão de Natal",
        hours=["09:00-11:00"],
    )
    refresh_rules(opened.pk)
    christmas = {"number": NUMBER, "at": unix(2026, 12, 25, 13)}
    answered(
        api.post(URL, christmas),
        state(open=False, holiday="Natal", opensAt="2026-12-28T11:00:00.000Z"),
    )
    answered(
        api.post(URL, christmas | {"area": "suporte"}),
        state(closesAt="2026-12-25T14:00:00.000Z", holiday="Plantão de Natal"),
    )
    save_policy(opened.pk, None, {"holidays": False})
    answered(api.post(URL, christmas), state(closesAt="2026-12-25T15:00:00.000Z"))


def test_an_area_that_never_opens_has_no_due_time(api, manager):
    save_policy(manager.pk, None, {"hours": {}})
    answered(api.post(URL, {"number": NUMBER, "add": 1}), state(open=False))


def test_an_operator_asks_about_his_manager_alone(ana, sales, other_manager):
    session = signed_in(ana.user)
    answered(session.post(URL, {"number": NUMBER, "area": "Vendas"}), state())
    foreign = session.post(URL, {"number": other_manager.number})
    refused(foreign, 404, "manager_not_found")


@pytest.mark.parametrize(
    "at", ["2026-12-25T13:00:00.000Z", "2026-12-25T10:00-03:00", 1_798_203_600_000]
)
def test_the_time_is_a_date_time_or_a_unix_time(api, opened, at):
    answered(
        api.post(URL, {"number": NUMBER, "at": at, "add": 3600}),
        state(closesAt="2026-12-25T15:00:00.000Z", dueAt="2026-12-25T14:00:00.000Z"),
    )


@pytest.mark.parametrize(
    "at",
    [
        "2026-12-25T13:00:00",
        "2026-12-25",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
        "2026-W52-5T13:00Z",
    ],
)
def test_invalid_times_are_refused(api, opened, at):
    answer = api.post(URL, {"number": NUMBER, "at": at})
    (sentence,) = answer.json()["error"]["fields"]["at"]
    assert sentence == "This must be a time with its offset, or a Unix time."
    refused(answer, 400, "invalid", fields=["at"])


def test_invalid_requests_are_refused(api, sales):
    refused(api.post(URL, {}), 400, "invalid", fields=["number", "facebookId"])
    refused(api.post(URL, {"number": NUMBER, "area": "x"}), 404, "area_not_found")
    for wrong in ({"add": -1}, {"add": 31_536_001}, {"at": "soon"}):
        answer = api.post(URL, {"number": NUMBER} | wrong)
        refused(answer, 400, "invalid", fields=list(wrong))


def test_extreme_dates_and_durations_are_accepted(api, opened):
    for add in (0, 31_536_000):
        late = {"number": NUMBER, "at": 253_370_764_799, "add": add}
        assert api.post(URL, late).status_code == 200
        assert api.post(URL, late | {"area": "vendas"}).status_code == 200
