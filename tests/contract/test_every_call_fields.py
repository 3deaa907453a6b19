"""Rules for all calls: which field values are refused, and with which error."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

import pytest

from tests.contract.calls import CALLS
from tests.contract.conftest import as_form, ask, cases

WITH_FIELDS = [call for call in CALLS if call.method != "GET"]
NAMING = [call for call in CALLS if call.required or call.phones or call.ids]

NO_PHONES: list[Any] = [
    1.5, 5511400011111.0, True, False, [], {}, [5511],
    "+", "()", "5511\x00", "5511;drop", "++5511", "\ud800", "1" * 5000, 10**400,
    "\u0665\u0665\u0661\u0661", "\uff15\uff15\uff11\uff11", "5511 ramal 2",
    "1" * 16, 10**15, 2**63, 2**64,
]  # fmt: skip
# As a contactId these are ids of people without a phone.
NO_PHONES_BUT_IDS: list[Any] = [
    "abc", "55e3", "0x55", "5511_4000", -5511, "-5511400011111",
]  # fmt: skip
NO_IDS: list[Any] = [
    "a b", "a/b", "\u00e9", "x" * 65, "a\x00", "a\n", [], {}, True, 1.5, "<b>",
    "\u0663", "\ud800", "a@b", "+5",
]  # fmt: skip


@pytest.fixture
def centre(module_centre, db):
    return deepcopy(module_centre)


def refused_for(asked: tuple[int, Any], *fields: str) -> bool:
    status, answer = asked
    return (
        (status, answer["error"]["code"]) == (400, "invalid")
        and set(answer["error"]["fields"]) == set(fields)
        and all(
            sentences and all(isinstance(one, str) and one for one in sentences)
            for sentences in answer["error"]["fields"].values()
        )
        and set(answer) == {"success", "error"}
        and set(answer["error"]) == {"code", "message", "fields"}
    )


@cases("required", "phones", "ids", "contact_ids")
def test_null_and_an_empty_text_count_as_absent(centre, full_api, call, field):
    body = call.body(centre)
    absent = ask(full_api, call, {k: v for k, v in body.items() if k != field})
    status, answer = absent
    if call.name == "save manager" and field in ("number", "facebookId"):
        # A manager may have either of the two; then the port is not used.
        assert status in (200, 400, 409)
    else:
        assert (status, answer["error"]["code"]) == (400, "invalid")
        # Errors of both spellings of a field have the correct spelling.
        assert field.replace("mumber", "number") in answer["error"]["fields"]
    assert ask(full_api, call, body | {field: None}) == absent
    assert ask(full_api, call, body | {field: ""}) == absent
    assert ask(full_api, call, None, form=as_form(body) | {field: ""}) == absent


@pytest.mark.parametrize("call", NAMING, ids=str)
def test_all_invalid_fields_are_reported_at_once(centre, full_api, call):
    names = {*call.required, *call.phones, *call.ids, *call.contact_ids}
    wrong = {name: {"no": "value"} for name in names}
    assert refused_for(ask(full_api, call, call.body(centre) | wrong), *names)


@cases("phones")
def test_an_invalid_phone_number_is_an_invalid_field(centre, full_api, call, field):
    values = NO_PHONES + (NO_PHONES_BUT_IDS if field != "contactId" else [])
    for value in values:
        asked = ask(full_api, call, call.body(centre) | {field: value})
        assert refused_for(asked, field), (value, asked)
    body = json.dumps(call.body(centre) | {field: "?"}).encode()
    asked = ask(full_api, call, body.replace(b'"?"', b"1e400"))
    assert refused_for(asked, field), asked


@cases("ids")
def test_an_invalid_facebook_id_is_an_invalid_field(centre, full_api, call, field):
    for value in NO_IDS:
        asked = ask(full_api, call, call.body(centre) | {field: value})
        if field == "contactId" and value == "+5":
            continue  # a phone number if the channel is not given
        assert refused_for(asked, field), (value, asked)


@pytest.mark.parametrize("call", WITH_FIELDS, ids=str)
def test_nul_and_lone_surrogates_are_invalid_fields(centre, full_api, call):
    body = call.body(centre)
    texts = [name for name, value in body.items() if isinstance(value, str)]
    for name in texts:
        for text in ("a\x00b", "\ud800", "\udfff a"):
            asked = ask(full_api, call, body | {name: text})
            assert refused_for(asked, name), (name, text, asked)


@cases("operators")
def test_an_unknown_operator_is_not_found(centre, full_api, call, field):
    body = call.body(centre)
    for value in ("999999", "no-such", "1e3", -1, "\u0663", 10**30):
        status, answer = ask(full_api, call, body | {field: value})
        assert (status, answer["error"]["code"]) == (404, "operator_not_found"), value


@cases("operators")
def test_an_inactive_operator_is_not_found(centre, full_api, call, field):
    body = call.body(centre)
    nobody = ask(full_api, call, body | {field: "999999"})
    centre.ana.is_active = False
    centre.ana.save()
    assert ask(full_api, call, body) == nobody


@cases("areas")
def test_an_unknown_area_is_not_found(centre, full_api, call, field):
    for value in ("VENDAS", "Venda", "999", 7, "%", "vend_s"):
        status, answer = ask(full_api, call, call.body(centre) | {field: value})
        assert (status, answer["error"]["code"]) == (404, "area_not_found"), value
