"""The rules for every call: the order in which it refuses."""

from __future__ import annotations

import json

import pytest

from tests import builders
from tests.conftest import signed_in
from tests.contract.calls import CALLS
from tests.contract.conftest import ask
from tests.contract.shapes import refused

WITH_FIELDS = [call for call in CALLS if call.method != "GET"]
CLOSED = [call for call in CALLS if call.closed_to_operators]
# These name nothing that must be there: see test_managers.
NAMING_ROWS = [
    call for call in CALLS if call.name not in ("find all managers", "save manager")
]
MALFORMED = [
    b"[]", b"null", b'"s"', b"5", b"{", b"\xff", b"{}{}", b"number=1", b'{"a":NaN}',
    b'{"a":Infinity}', b'{"a":-Infinity}', b"[" * 100_000, b'{"a":' * 100_000,
    b'{"a":"\xc3"}', b"{'a':1}", b'{"a":01}', b'{"a":"\x01"}',
]  # fmt: skip


def limit_of(call):
    takes_a_file = "/file/" in call.path or call.path == "api/chat/message/send"
    return (40 if takes_a_file else 2) * 2**20


@pytest.mark.parametrize("call", WITH_FIELDS, ids=str)
def test_a_body_over_its_limit_is_refused_before_the_key_is_looked_at(anonymous, call):
    body = b" " * (limit_of(call) + 1)
    response = anonymous.call(call.method, call.url, body)
    refused(response, 413, "body_too_large")
    response = anonymous.call(call.method, call.url, body[:-1])
    refused(response, 401, "not_authenticated")


@pytest.mark.parametrize("call", CALLS, ids=str)
def test_a_wrong_key_is_refused_before_the_body_is_read(centre, full_api, call):
    unknown = "hci_00000000_" + "a" * 43
    for headers in (
        {"Authorization": "Api-Key nonsense"},
        {"Authorization": "Api-Key "},
        {"Authorization": f"Api-Key {unknown}"},
        {"Authorization": "", "X-Api-Key": unknown},
    ):
        plain = {"Content-Type": "text/plain"}
        response = full_api.call(call.method, call.url, b"{", headers=headers | plain)
        refused(response, 401, "not_authenticated")


@pytest.mark.parametrize("call", CLOSED, ids=str)
def test_a_call_closed_to_operators_is_refused_before_the_body_is_read(centre, call):
    operator = signed_in(centre.ana.user)
    plain = {"Content-Type": "text/plain"}
    response = operator.call(call.method, call.url, b"{", headers=plain)
    refused(response, 403, "forbidden")


@pytest.mark.parametrize("call", WITH_FIELDS, ids=str)
def test_a_session_without_its_token_is_refused_before_the_body_is_read(centre, call):
    operator = signed_in(centre.ana.user)
    operator.headers = {}
    plain = {"Content-Type": "text/plain"}
    refused(operator.call(call.method, call.url, b"{", headers=plain), 403, "forbidden")


@pytest.mark.parametrize("call", WITH_FIELDS, ids=str)
def test_another_kind_of_body_is_not_taken(centre, full_api, call):
    for media_type in (
        "text/plain",
        "text/html",
        "multipart/form-data; boundary=x",
        "application/xml",
        "application/jsonp",
        "",
    ):
        response = full_api.call(
            call.method, call.url, b"{", headers={"Content-Type": media_type}
        )
        refused(response, 415, "unsupported_media_type")


@pytest.mark.parametrize("call", WITH_FIELDS, ids=str)
def test_what_is_no_json_object_is_malformed(centre, full_api, call):
    for body in MALFORMED:
        response = full_api.call(
            call.method, call.url, body, headers={"Idempotency-Key": "k" * 300}
        )
        refused(response, 400, "malformed_body")


@pytest.mark.parametrize("call", WITH_FIELDS, ids=str)
def test_an_empty_body_is_an_empty_object(centre, full_api, call):
    empty = ask(full_api, call, b"")
    assert empty == ask(full_api, call, b"{}")
    assert empty[1]["error"]["code"] == "invalid"


@pytest.mark.parametrize("call", WITH_FIELDS, ids=str)
def test_a_key_with_other_fields_is_refused_before_they_are_judged(
    centre, full_api, call
):
    body = call.body(centre)
    once = {"Idempotency-Key": "once"}
    assert full_api.call(call.method, call.url, body, headers=once).status_code == 200
    again = full_api.call(call.method, call.url, {"number": "?"}, headers=once)
    refused(again, 422, "idempotency_mismatch")


@pytest.mark.parametrize("call", CALLS, ids=str)
def test_a_foreign_host_is_refused_in_the_envelope(centre, full_api, call):
    response = full_api.call(call.method, call.url, headers={"Host": "evil.example"})
    refused(response, 400, "invalid")


@pytest.mark.parametrize("call", NAMING_ROWS, ids=str)
def test_rows_of_others_and_rows_of_nobody_get_the_same_bytes(
    centre, full_api, other_manager, other_api, call
):
    """The other company's key asks for this one's rows, and for nobody's."""
    body = call.body(centre)
    managers = {"number", "managerNumber", "mumber", "facebookId"} & set(body)
    contacts = {"contactNumber", "contactId"} & set(body)
    names = managers or contacts
    nobody = {
        name: "4499988887777" if name in names else value
        for name, value in body.items()
    }
    url = call.url.replace("8080", "9999").replace("369258147", "111")
    foreign = other_api.call(call.method, call.url, body or None)
    missing = other_api.call(call.method, url, nobody or None)
    assert foreign.status_code == 404
    assert foreign.content == missing.content
    if call.missing:
        refused(foreign, 404, call.missing)


@pytest.mark.parametrize("call", NAMING_ROWS, ids=str)
def test_a_foreign_row_stays_as_it_is(centre, other_manager, other_api, call):
    def rows():
        return [
            list(type(row).objects.order_by("pk").values())
            for row in (centre.manager, centre.contact, centre.chat)
        ]

    before = rows()
    other_api.call(call.method, call.url, call.body(centre) or None)
    assert rows() == before


@pytest.mark.parametrize("call", CALLS, ids=str)
def test_a_revoked_and_an_expired_key_open_nothing(centre, full_api, call):
    from datetime import timedelta

    from django.utils import timezone

    from managers import authentication, keys

    expired = builders.make_key(expires_at=timezone.now() - timedelta(seconds=1))
    revoked = builders.make_key(name="revoked")
    keys.revoke_key("revoked")
    authentication.forget_judged_keys()
    for key in (expired, revoked):
        response = full_api.call(
            call.method,
            call.url,
            json.dumps(call.body(centre)).encode(),
            headers={"Authorization": f"Api-Key {key}"},
        )
        refused(response, 401, "not_authenticated")
