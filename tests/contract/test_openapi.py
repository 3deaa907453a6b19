"""GET `/api/schema/` and `/api/docs/`: the document, and that it matches the code."""

from __future__ import annotations

import json
import re

import jsonschema
import pytest
import yaml
from django.contrib.staticfiles import finders

from hci_center.api.schema.document import committed_path, made_from_code
from tests.contract.calls import CALLS
from tests.contract.document import DOCUMENT
from tests.contract.documented import DOCUMENTED
from tests.contract.shapes import refused

OPERATIONS = [
    (path, verb, operation)
    for path, operations in DOCUMENT["paths"].items()
    for verb, operation in operations.items()
]
every_operation = pytest.mark.parametrize(
    ("path", "verb", "operation"),
    OPERATIONS,
    ids=lambda value: value if isinstance(value, str) else "",
)


def test_the_committed_document_is_up_to_date():
    assert committed_path().read_bytes() == made_from_code()


def test_it_is_yaml_by_default_and_json_on_demand(anonymous):
    for path in ("/api/schema/", "/api/schema"):
        response = anonymous.get(path)
        assert response.status_code == 200
        assert response["Content-Type"] == "application/yaml; charset=utf-8"
        assert yaml.load(response.content, Loader=yaml.CSafeLoader) == DOCUMENT
    for how in (
        {"path": "/api/schema/?format=json"},
        {"path": "/api/schema/", "headers": {"Accept": "application/json"}},
        {"path": "/api/schema", "headers": {"Accept": "application/json, */*;q=0.1"}},
    ):
        response = anonymous.get(how["path"], headers=how.get("headers"))
        assert response["Content-Type"] == "application/json; charset=utf-8"
        assert json.loads(response.content) == DOCUMENT
    browser = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    kind = anonymous.get("/api/schema/", headers=browser)["Content-Type"]
    assert kind.startswith("application/yaml")
    by_name = {"path": "/api/schema/?format=yaml", "headers": {"Accept": "text/json"}}
    kind = anonymous.get(by_name["path"], headers=by_name["headers"])["Content-Type"]
    assert kind.startswith("application/yaml")


def test_it_only_answers_get(anonymous):
    for path in ("/api/schema/", "/api/docs/"):
        refused(anonymous.post(path), 405, "method_not_allowed")


def test_the_rendered_page_loads_only_from_this_server(anonymous):
    for path in ("/api/docs/", "/api/docs"):
        response = anonymous.get(path)
        assert response.status_code == 200
        assert response["Content-Type"] == "text/html; charset=utf-8"
        page = response.content.decode()
        sources = re.findall(r'(?:src|href|data-schema)="([^"]+)"', page)
        assert len(sources) == 5
        assert all(source.startswith("/") for source in sources)
        for source in sources:
            if source.startswith("/static/"):
                assert finders.find(source.removeprefix("/static/"))
        assert "/api/schema/?format=json" in sources


def test_it_is_openapi_3_1_with_full_paths():
    assert DOCUMENT["openapi"].startswith("3.1")
    assert all(path.startswith("/api/") for path in DOCUMENT["paths"])
    assert next(iter(DOCUMENT["paths"])) == "/api/user/"


def test_every_documented_call_is_in_it():
    known = {(verb.upper(), path) for path, verb, _ in OPERATIONS}
    for _, method, path in DOCUMENTED:
        path = re.sub(r":[cC]ontrollerPort", "{controllerPort}", path)
        assert (method, f"/{path}") in known


@every_operation
def test_every_operation_is_documented_completely(path, verb, operation):
    assert operation["summary"]
    assert operation["description"]
    assert operation["tags"][0] in {tag["name"] for tag in DOCUMENT["tags"]}
    assert operation["security"]
    answer = operation["responses"]["200"]["content"]["application/json"]
    assert answer["example"]["success"] is True
    if "requestBody" in operation:
        content = operation["requestBody"]["content"]
        assert set(content) == {
            "application/json",
            "application/x-www-form-urlencoded",
        }
        assert content["application/json"]["examples"]


def test_operation_ids_are_unique():
    ids = [operation["operationId"] for _, _, operation in OPERATIONS]
    assert len(set(ids)) == len(ids)


def conforms(schema, value):
    """Returns whether the value is valid for the schema of this document."""
    whole = {"components": DOCUMENT["components"], **schema}
    jsonschema.Draft202012Validator(whole).validate(value)


@every_operation
def test_the_examples_are_valid(path, verb, operation):
    answer = operation["responses"]["200"]["content"]["application/json"]
    conforms(answer["schema"], answer["example"])
    if "requestBody" in operation:
        content = operation["requestBody"]["content"]["application/json"]
        for example in content["examples"].values():
            conforms(content["schema"], example["value"])


def operation_of(call):
    path = f"/{call.path}".replace("8080", "{controllerPort}")
    path = path.replace("369258147", "{facebookId}")
    return DOCUMENT["paths"][path][call.method.lower()]


@pytest.mark.parametrize("call", CALLS, ids=str)
def test_real_requests_and_responses_are_valid(centre, full_api, call):
    operation, body = operation_of(call), call.body(centre)
    if body:
        content = operation["requestBody"]["content"]["application/json"]
        conforms(content["schema"], body)
    for sent in (body, {}):
        response = full_api.call(call.method, call.url, sent or None)
        told = operation["responses"][str(response.status_code)]
        if "$ref" in told:
            name = told["$ref"].rpartition("/")[2]
            told = DOCUMENT["components"]["responses"][name]
        conforms(told["content"]["application/json"]["schema"], response.json())
