"""The rows behind a figure: their number equals its n, and their values its total."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Any

import pytest

from hci_center.reports.computing.figures import figures
from hci_center.reports.computing.questions import Question
from hci_center.reports.kept.delivery_days import keep_deliveries
from hci_center.reports.kept.rebuilding import keep_open, take_dirty
from hci_center.reports.kept.volume_hours import settle_hours
from hci_center.reports.metrics.definitions import METRICS
from hci_center.reports.rows import Part, Row, rows_of
from tests import builders
from tests.conftest import Api
from tests.reports.hand_checked import NUMBER, write
from tests.reports.past import Centre
from tests.reports.past_accounts import write_accounts

pytestmark = pytest.mark.django_db
FIRST, LAST = date(2025, 11, 17), date(2025, 11, 30)
PERIOD = {"from": "2025-11-17", "to": "2025-11-30"}


@pytest.fixture
def centre(db: None) -> Centre:
    centre = Centre(NUMBER)
    write(centre)
    write_accounts(centre)
    return centre


@pytest.fixture
def api(centre: Centre) -> Api:
    return Api(builders.make_key(centre.manager))


def all_rows(question: Question, part: Part = "n") -> list[Row]:
    """Reads all rows, three at a time."""
    found, place = rows_of(question, 3, None, part)
    while place is not None:
        more, place = rows_of(question, 3, place, part)
        assert more
        found += more
    return found


def filters(by: str, key: str) -> dict[str, Any]:
    if by == "day":
        day = date.fromisoformat(key)
        return {"since": day, "until": day}
    if by in ("hour", "weekday"):
        return {by: int(key)}
    if by == "area":
        return {"area_ids": (int(key),)}
    return {"operator_id": int(key)} if by == "operator" else {by: key}


@pytest.mark.parametrize("is_kept", [False, True], ids=["at once", "kept"])
def test_the_number_of_rows_is_that_of_the_figure(
    centre: Centre, is_kept: bool
) -> None:
    if is_kept:
        take_dirty()
        settle_hours()
        keep_open()
        keep_deliveries()
    for metric, definition in METRICS.items():
        values: dict[str, Any] = {
            "metric": metric, "managers": (centre.manager.pk,), "since": FIRST,
            "until": LAST,
        }  # fmt: skip
        total = figures(Question(**values)).total
        rows = all_rows(Question(**values))
        assert len(rows) == total.get("n", total.get("count")), metric
        assert len({row.place for row in rows}) == len(rows), metric
        if "of" in total:
            parts: list[Part] = ["of", "rest"]
            of, rest = (len(all_rows(Question(**values), part)) for part in parts)
            assert (of, rest) == (total["of"], total["of"] - total["n"]), metric
        if "sum" in total:
            assert sum(row.seconds or 0 for row in rows) == (total["sum"] or 0)
            business = sum(row.business or 0 for row in rows)
            assert business == (total.get("business", {}).get("sum") or 0)
        for by in {"day", "hour", "weekday", "area", "operator"} & {*definition.by}:
            report = figures(Question(**values, by=(by,)))
            for (key,), figure in report.rows.items():
                asked = Question(**values | filters(by, key))
                n = figure.get("n", figure.get("count"))
                assert len(all_rows(asked)) == n, (metric, by, key)


def test_a_page_has_the_start_of_the_next(api: Api) -> None:
    ask: dict[str, Any] = {"metric": "tme", "rows": True, "limit": 10, **PERIOD}
    first = api.post("/api/report", ask).json()["data"]
    rest = api.post("/api/report", ask | {"after": first["next"]}).json()["data"]
    assert [len(first["rows"]), len(rest["rows"])] == [10, 3]
    assert "next" not in rest
    ends = [row["to"] for row in first["rows"] + rest["rows"]]
    assert ends == sorted(ends)
    for other in ({"after": "x"}, {"after": first["next"], "area": "vendas"}):
        answer = api.post("/api/report", ask | other)
        assert answer.status_code == 400
        assert [*answer.json()["error"]["fields"]] == ["after"]


def test_a_row_has_only_ids(centre: Centre, api: Api) -> None:
    ask = {"metric": "tme", "rows": True, "area": "suporte", **PERIOD}
    row = api.post("/api/report", ask).json()["data"]["rows"][0]
    assert row.pop("protocol").startswith("P")
    assert isinstance(row.pop("contactId"), int)
    assert row == {
        "m": NUMBER,
        "area": "suporte",
        "operatorId": str(centre.bruno.pk),
        "channel": "whatsapp",
        "from": "2025-11-19T14:50:00.000Z",
        "to": "2025-11-19T16:10:00.000Z",
        "seconds": 4800,
        "business": 1200,
    }


def test_rows_have_marks_and_outcomes(api: Api) -> None:
    marks: Counter[int] = Counter()
    for part in ("n", "rest"):
        ask = {"metric": "csat", "rows": True, "part": part, **PERIOD}
        rows = api.post("/api/report", ask).json()["data"]["rows"]
        marks.update(row["mark"] for row in rows)
        assert {row["seconds"] for row in rows} == {None}
    assert marks == {5: 1, 2: 1}


def test_rows_of_a_part_are_restricted_to_a_value(api: Api) -> None:
    for metric, part in (
        ("csat", "marks"), ("opened", "origins"), ("contained", "dropped"),
    ):  # fmt: skip
        ask = {"metric": metric, **PERIOD}
        counts = api.post("/api/report", ask).json()["data"]["total"][part]
        of_all = api.post("/api/report", ask | {"rows": True, "part": part})
        assert len(of_all.json()["data"]["rows"]) == sum(counts.values())
        for value, count in counts.items():
            ask |= {"rows": True, "part": part, "value": value}
            rows = api.post("/api/report", ask).json()["data"]["rows"]
            assert len(rows) == count, (metric, value)
    for wrong in ({"metric": "closed", "part": "lost"}, {"metric": "csat"}):
        ask = {"rows": True, "value": "1", **wrong, **PERIOD}
        answer = api.post("/api/report", ask)
        assert answer.status_code == 400
        assert "value" in answer.json()["error"]["fields"]


def test_other_managers_rows_are_hidden(centre: Centre) -> None:
    stranger = Api(builders.make_key(Centre(NUMBER + 1).manager))
    ask = {"metric": "closed", "rows": True, **PERIOD}
    assert stranger.post("/api/report", ask).json()["data"] == {"rows": []}
    named = ask | {"number": centre.manager.number}
    assert stranger.post("/api/report", named).status_code == 404


def test_pages_of_a_long_period_are_those_of_its_days(centre: Centre) -> None:
    """They are first searched in the period's first days."""
    long = (date(2025, 10, 20), date(2026, 2, 1))
    for metric in METRICS:
        asked = [
            Question(metric, (centre.manager.pk,), *period)
            for period in (long, (FIRST, LAST))
        ]
        found = [[row.place for row in all_rows(question)] for question in asked]
        assert [each for each in found[0] if each in found[1]] == found[1], metric
        whole, _place = rows_of(asked[0], 1000)
        assert [row.place for row in whole] == found[0], metric
        assert found[0] == sorted(found[0], key=lambda place: place.at), metric
