"""Rules for all calls: the order of errors."""

from __future__ import annotations

from copy import deepcopy
from datetime import timedelta

import pytest
from django.utils import timezone

from managers import keys
from tests import builders
from tests.conftest import signed_in
from tests.contract.calls import CALLS
from tests.contract.conftest import ask
from tests.contract.shapes import refused

WITH_FIELDS = [call for call in CALLS if call.method != "GET"]
CLOSED = [call for call in CALLS if call.closed_to_operators]
# These do not refer to existing rows: see test_managers.
NAMING_ROWS = [
    call for call in CALLS if call.name not in ("find all managers", "save manager")
]
MALFORMED = [
    b"[]", b"null", b'"s"', b"5", b"{", b"\xff", b"{}{}", b"number=1", b'{"a":NaN}',
    b'{"a":Infinity}', b'{"a":-Infinity}', b"[" * 100_000, b'{"a":' * 100_000,
    b'{"a":"\xc3"}', b"{'a':1}", b'{"a":01}', b'{"a":"\x01"}',
]  # fmt: skip


@pytest.fixture
def centre(module_centre, db):
    return deepcopy(module_centre)


def limit_of(call):
    with_files = ("api/chat/message/send", "api/reply/save")
    takes_a_file = "/file/" in call.path or call.path in with_files
    return (40 if takes_a_file else 2) * 2**20


def all_refused(calls, ask_for, status, code):
    """Asserts that each of the calls gets this error; names those that do not."""
    for call in calls:
        try:
            refused(ask_for(call), status, code)
        except AssertionError as error:
            error.add_note(str(call))
            raise


def test_a_body_over_its_limit_is_refused_before_authentication(anonymous):
    bodies = {limit_of(call): b" " * limit_of(call) for call in WITH_FIELDS}

    def over(call):
        return anonymous.call(call.method, call.url, bodies[limit_of(call)] + b" ")

    def at_it(call):
        return anonymous.call(call.method, call.url, bodies[limit_of(call)])

    all_refused(WITH_FIELDS, over, 413, "body_too_large")
    all_refused(WITH_FIELDS, at_it, 401, "not_authenticated")


UNKNOWN = "hci_00000000_" + "a" * 43


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Api-Key nonsense"},
        {"Authorization": "Api-Key "},
        {"Authorization": f"Api-Key {UNKNOWN}"},
        {"X-Api-Key": UNKNOWN},
        {"X-Api-Key": ""},
        {"Authorization": "Basic YTpi"},
    ],
)
def test_a_wrong_key_is_refused_before_the_body_is_read(centre, anonymous, headers):
    headers = headers | {"Content-Type": "text/plain"}

    def ask_for(call):
        return anonymous.call(call.method, call.url, b"{", headers=headers)

    # Without a credential, a writing call also has no CSRF token.
    all_refused(CALLS, ask_for, 401, "not_authenticated")


def test_a_revoked_or_expired_key_is_refused(centre, anonymous):
    past = timezone.now() - timedelta(seconds=1)
    expired = builders.make_key(expires_at=past)
    revoked = builders.make_key(name="revoked")
    keys.revoke_key("revoked")
    for key in (expired, revoked):
        anonymous.headers = {"X-Api-Key": key}

        def ask_for(call):
            return anonymous.call(call.method, call.url, call.body(centre) or None)

        all_refused(CALLS, ask_for, 401, "not_authenticated")


def test_a_call_forbidden_to_operators_is_refused_before_the_body_is_read(centre):
    operator = signed_in(centre.ana.user)
    plain = {"Content-Type": "text/plain"}

    def ask_for(call):
        return operator.call(call.method, call.url, b"{", headers=plain)

    all_refused(CLOSED, ask_for, 403, "forbidden")
    open_to_him = [call for call in WITH_FIELDS if call not in CLOSED]
    all_refused(open_to_him, ask_for, 415, "unsupported_media_type")


def test_a_session_without_its_token_is_refused_before_the_body_is_read(centre):
    operator = signed_in(centre.ana.user)
    operator.headers = {"Content-Type": "text/plain"}

    def ask_for(call):
        return operator.call(call.method, call.url, b"{")

    all_refused(WITH_FIELDS, ask_for, 403, "forbidden")


@pytest.mark.parametrize(
    "media_type",
    [
        "text/plain",
        "text/html",
        "multipart/form-data; boundary=x",
        "application/xml",
        "application/jsonp",
        "",
    ],
)
def test_another_content_type_is_refused(centre, full_api, media_type):
    headers = {"Content-Type": media_type}

    def ask_for(call):
        return full_api.call(call.method, call.url, b"{", headers=headers)

    all_refused(WITH_FIELDS, ask_for, 415, "unsupported_media_type")


@pytest.mark.parametrize("body", MALFORMED, ids=lambda body: repr(body[:12]))
def test_a_body_that_is_not_a_json_object_is_malformed(centre, full_api, body):
    too_long = {"Idempotency-Key": "k" * 300}

    def ask_for(call):
        return full_api.call(call.method, call.url, body, headers=too_long)

    all_refused(WITH_FIELDS, ask_for, 400, "malformed_body")


def test_a_foreign_host_is_refused_in_the_envelope(centre, full_api):
    foreign = {"Host": "evil.example"}

    def ask_for(call):
        return full_api.call(call.method, call.url, headers=foreign)

    all_refused(CALLS, ask_for, 400, "invalid")


@pytest.mark.parametrize("call", WITH_FIELDS, ids=str)
def test_an_empty_body_is_an_empty_object(centre, full_api, call):
    empty = ask(full_api, call, b"")
    assert empty == ask(full_api, call, b"{}")
    if call.all_optional:
        assert empty[0] == 200
    else:
        assert empty[1]["error"]["code"] == "invalid"


@pytest.mark.parametrize("call", WITH_FIELDS, ids=str)
def test_an_idempotency_key_with_other_fields_is_refused_before_validation(
    centre, full_api, call
):
    body = call.body(centre)
    once = {"Idempotency-Key": "once"}
    assert full_api.call(call.method, call.url, body, headers=once).status_code == 200
    again = full_api.call(call.method, call.url, {"number": "?"}, headers=once)
    refused(again, 422, "idempotency_mismatch")


@pytest.mark.parametrize("call", NAMING_ROWS, ids=str)
def test_foreign_and_missing_rows_get_the_same_error(
    centre, full_api, other_manager, other_api, call
):
    """Another company's key uses this company's ids, and unknown ones; no row changes."""
    body = call.body(centre)
    managers = {"number", "managerNumber", "mumber", "facebookId"} & set(body)
    contacts = {"contactNumber", "contactId"} & set(body)
    names = managers or contacts
    nobody = {
        name: "4499988887777" if name in names else value
        for name, value in body.items()
    }
    url = call.url.replace("8080", "9999").replace("369258147", "111")

    def rows():
        return [
            list(type(row).objects.order_by("pk").values())
            for row in (centre.manager, centre.contact, centre.chat)
        ]

    before = rows()
    foreign = other_api.call(call.method, call.url, body or None)
    missing = other_api.call(call.method, url, nobody or None)
    assert foreign.status_code == 404
    assert foreign.content == missing.content
    if call.missing:
        refused(foreign, 404, call.missing)
    assert rows() == before
