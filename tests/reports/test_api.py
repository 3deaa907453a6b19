"""POST api/report: permissions, response and errors."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from hci_center.reports.api.openapi import PAGES
from hci_center.reports.metrics.definitions import METRICS
from tests import builders
from tests.conftest import Api, signed_in
from tests.reports.hand_checked import NUMBER, write
from tests.reports.past import Centre

pytestmark = pytest.mark.django_db
PERIOD = {"from": "2025-11-17", "to": "2025-11-30"}


@pytest.fixture
def centre(db: None) -> Centre:
    return Centre(NUMBER)


@pytest.fixture
def api(centre: Centre) -> Api:
    return Api(builders.make_key(centre.manager))


def ask(api: Api, **body: Any) -> Any:
    return api.post("/api/report", PERIOD | body)


def test_the_documented_example_is_the_response(centre: Centre, api: Api) -> None:
    write(centre)
    page = PAGES["report"]
    answer = api.post("/api/report", page.bodies["The queue by area"]).json()["data"]
    assert answer | {"at": page.example["at"]} == page.example


def test_groups_have_the_names_of_the_api(centre: Centre, api: Api) -> None:
    write(centre)
    answer = ask(api, metric="tma", by=["operator", "manager"]).json()["data"]
    people = [(row["operatorId"], row["m"]) for row in answer["rows"]]
    assert people == [(str(who.pk), NUMBER) for who in (centre.ana, centre.bruno)]
    answer = ask(api, metric="opened", by=["hour", "channel"]).json()["data"]
    assert answer["rows"][0]["hour"] == 8
    assert ask(api, metric="tma", area="").json()["data"]["total"]["n"] == 1


def test_other_managers_are_not_included(centre: Centre, api: Api) -> None:
    write(centre)
    other = Centre(NUMBER + 1)
    write(other)
    count = ask(api, metric="closed").json()["data"]["total"]["count"]
    assert count == 19
    stranger = ask(api, metric="closed", number=other.manager.number)
    assert stranger.status_code == 404
    assert ask(api, metric="tme", operatorId=str(other.ana.pk)).status_code == 404
    assert ask(api, metric="tme", area="nowhere").status_code == 404
    both = Api(builders.make_key(centre.manager, other.manager))
    assert ask(both, metric="closed").json()["data"]["total"]["count"] == 38
    areas = ask(both, metric="tme", area="suporte").json()["data"]["total"]
    assert areas["n"] == 8


def test_operators_have_no_access(centre: Centre) -> None:
    assert ask(signed_in(centre.ana.user), metric="tme").status_code == 403
    supervisor = signed_in(builders.make_supervisor(centre.manager))
    assert ask(supervisor, metric="tme").status_code == 200


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({"metric": "nothing"}, "metric"),
        ({"metric": "tme", "by": ["colour"]}, "by"),
        ({"metric": "tme", "by": ["day", "day"]}, "by"),
        ({"metric": "tme", "by": ["day", "area", "operator"]}, "by"),
        ({"metric": "contained", "by": ["area"]}, "by"),
        ({"metric": "contained", "area": "vendas"}, "area"),
        ({"metric": "lost", "operatorId": "1"}, "operatorId"),
        ({"metric": "tme", "from": "2025-12-01"}, "from"),
        ({"metric": "tme", "from": "2024-01-01"}, "from"),
        ({"metric": "tme", "from": "yesterday"}, "from"),
    ],
)
def test_invalid_requests_are_refused(
    api: Api, body: dict[str, Any], place: str
) -> None:
    answer = ask(api, **body)
    assert answer.status_code == 400
    assert [*answer.json()["error"]["fields"]] == [place]


def test_every_metric_is_defined_in_both_languages(api: Api) -> None:
    answers = {
        language: api.post(
            "/api/report",
            {"metric": "definitions"},
            headers={"Accept-Language": language},
        ).json()["data"]
        for language in ("en", "pt-BR")
    }
    assert [one["metric"] for one in answers["en"]] == list(METRICS)
    for one, other in zip(answers["en"], answers["pt-BR"], strict=True):
        for text in ("name", "text", "null"):
            assert one[text]
            assert other[text]
            assert one[text] != other[text]


def test_today_is_provisional(api: Api) -> None:
    answer = api.post("/api/report", {"metric": "tme"}).json()["data"]
    assert answer["provisional"]
    assert answer["from"] == answer["to"]
    assert not ask(api, metric="tme").json()["data"]["provisional"]
    assert datetime.fromisoformat(answer["at"]).tzinfo == UTC
