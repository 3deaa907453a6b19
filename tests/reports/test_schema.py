"""The schema of POST api/report lists every member of its responses, with its type."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest

from hci_center.reports.api.responses import DEFINITIONS, NOW, REPORT, ROWS
from hci_center.reports.metrics.definitions import METRICS
from tests import builders
from tests.conftest import Api
from tests.reports.hand_checked import NUMBER, write
from tests.reports.past import Centre
from tests.reports.past_accounts import write_accounts
from tests.reports.past_presence import write_presence

pytestmark = pytest.mark.django_db
PERIOD = {"from": "2025-11-17", "to": "2025-11-30"}


@pytest.fixture
def api(db: None) -> Api:
    centre = Centre(NUMBER)
    write(centre)
    write_accounts(centre)
    write_presence(centre)
    return Api(builders.make_key(centre.manager))


def ask(api: Api, **body: Any) -> Any:
    response = api.post("/api/report", body)
    assert response.status_code == 200, response.content
    return response.json()["data"]


def closed(schema: Any) -> Any:
    """Returns the schema, which refuses members that it does not list."""
    if isinstance(schema, list):
        return [closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    made = {name: closed(each) for name, each in schema.items()}
    if isinstance(made.get("properties"), dict):
        made["additionalProperties"] = False
    return made


def conforms(schema: Any, answer: Any) -> None:
    jsonschema.Draft202012Validator(closed(schema)).validate(answer)


def test_figures_and_rows_are_as_documented(api: Api) -> None:
    for metric, definition in METRICS.items():
        groups: list[list[str]] = [[], *([group] for group in definition.by)]
        for by in groups:
            answer = ask(api, **PERIOD, metric=metric, by=by)
            conforms(REPORT, answer)
            assert len({tuple(row) for row in answer["rows"]}) <= 1, (metric, by)
        conforms(ROWS, ask(api, **PERIOD, metric=metric, rows=True))


def test_the_present_and_definitions_are_as_documented(api: Api) -> None:
    conforms(NOW, ask(api, metric="now"))
    conforms(DEFINITIONS, ask(api, metric="definitions"))
