"""Rules for all calls: equivalent spellings, and ignored fields."""

from __future__ import annotations

import json
from copy import deepcopy
from urllib.parse import urlencode

import pytest

from tests.contract.calls import CALLS
from tests.contract.conftest import as_form, ask, cases

WITH_FIELDS = [call for call in CALLS if call.method != "GET"]
DELETING = [call for call in CALLS if call.method == "DELETE"]


@pytest.fixture
def centre(module_centre, db):
    return deepcopy(module_centre)


@pytest.mark.parametrize("call", CALLS, ids=str)
def test_it_succeeds_in_both_spellings_of_its_path(centre, full_api, call):
    body = call.body(centre)
    bare = call.url.rstrip("/")
    first = ask(full_api, call, body, url=bare)
    assert first[0] == 200, first
    assert first[1]["success"] is True
    assert ask(full_api, call, body, url=f"{bare}/") == first


@pytest.mark.parametrize("call", CALLS, ids=str)
def test_a_key_may_come_in_either_header(centre, full_api, call):
    body = call.body(centre)
    asked = ask(full_api, call, body)
    assert asked[0] == 200
    key = full_api.headers["Authorization"].removeprefix("Api-Key ")
    full_api.headers = {"X-Api-Key": key}
    assert ask(full_api, call, body) == asked
    full_api.headers = {"Authorization": f"api-key {key}"}
    assert ask(full_api, call, body) == asked


@pytest.mark.parametrize("call", WITH_FIELDS, ids=str)
def test_json_and_a_form_are_equal(centre, full_api, call):
    body = call.body(centre)
    asked = ask(full_api, call, body)
    assert asked[0] == 200
    assert ask(full_api, call, None, form=as_form(body)) == asked
    assert ask(full_api, call, as_form(body)) == asked


@pytest.mark.parametrize("call", WITH_FIELDS, ids=str)
def test_a_charset_in_the_content_type_changes_nothing(centre, full_api, call):
    body = json.dumps(call.body(centre)).encode()
    typed = {"Content-Type": "Application/JSON; charset=UTF-8"}
    assert ask(full_api, call, body, headers=typed)[0] == 200


@pytest.mark.parametrize("call", WITH_FIELDS, ids=str)
def test_unknown_fields_are_ignored(centre, full_api, call):
    body = call.body(centre)
    strange = {
        "foo": {"$gt": ""},
        "is_staff": True,
        "constructor": [[[]]],
        "channel": "facebook",
        "deleted_at": 1e300,
        "external_id": None,
        "": "",
        "__proto__": {"sa": 4},
    }
    own = {"sa": 5, "unread": -5, "contacts": [{"id": 1}], "direction": "in"}
    asked = ask(full_api, call, body)
    assert ask(full_api, call, {**strange, **own, **body}) == asked


@pytest.mark.parametrize("call", DELETING, ids=str)
def test_fields_of_delete_may_be_in_the_query_string(centre, full_api, call):
    body = call.body(centre)
    asked = ask(full_api, call, body)
    assert asked[0] == 200
    for url in (call.url, call.url.rstrip("/")):
        assert ask(full_api, call, None, url=f"{url}?{urlencode(body)}") == asked


@cases("phones")
def test_a_phone_number_may_have_punctuation(centre, full_api, call, field):
    body = call.body(centre)
    asked = ask(full_api, call, body)
    assert asked[0] == 200
    digits = str(body[field])
    for spelling in (
        digits,
        f"+{digits}",
        f"00{digits}",
        f"  +{digits[:2]} ({digits[2:4]}) {digits[4:8]}-{digits[8:]} ",
        f"{digits[:2]}.{digits[2:]}",
        f"{digits[:2]}/{digits[2:]}\t",
    ):
        assert ask(full_api, call, body | {field: spelling}) == asked, spelling
    spaced = as_form(body) | {field: f"+{digits[:4]} {digits[4:]}"}
    assert ask(full_api, call, None, form=spaced) == asked


@cases("ids")
def test_a_facebook_id_may_be_a_number_or_a_text(centre, full_api, call, field):
    body = call.body(centre)
    as_text = ask(full_api, call, body | {field: str(body[field])})
    assert as_text[0] == 200
    assert ask(full_api, call, body | {field: int(body[field])}) == as_text


@cases("operators")
def test_an_operator_id_may_be_a_number_or_a_text(centre, full_api, call, field):
    body = call.body(centre)
    as_text = ask(full_api, call, body)
    assert as_text[0] == 200
    assert ask(full_api, call, body | {field: int(body[field])}) == as_text


@cases("areas")
def test_an_area_may_be_given_by_its_exact_name(centre, full_api, call, field):
    names = {"vendas": "Vendas", "suporte": "Suporte"}
    body = call.body(centre)
    by_code = ask(full_api, call, body)
    assert by_code[0] == 200
    assert ask(full_api, call, body | {field: names[body[field]]}) == by_code
