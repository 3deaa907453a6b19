"""Valid and invalid request bodies, and the errors for invalid ones."""

import json

import pytest

from tests.managers.shapes import NOT_FOUND, found, refused

MALFORMED = refused("malformed_body", "The body is not a JSON object.")
UNSUPPORTED = refused(
    "unsupported_media_type",
    "Send application/json or application/x-www-form-urlencoded.",
)
FIND = "/api/user/"


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[]",
        b"null",
        b"true",
        b'"text"',
        b"5",
        b" ",
        b"{'number': 1}",
        b'{"number": 1,}',
        b'{"number": NaN}',
        b'{"number": Infinity}',
        b'{"number": -Infinity}',
        b'{"number": 1} x',
        b'{"number": 01}',
        b"\xef\xbb\xbf{}",
        b'{"number": "\xff"}',
        '{"number": 1}'.encode("utf-16"),
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"a":' + b"[" * 50_000 + b"]" * 50_000 + b"}",
        b"\x00",
    ],
)
@pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": "k"}])
def test_a_body_that_is_not_a_json_object_is_malformed(api, body, headers):
    answer = api.post(FIND, body, headers=headers)
    assert (answer.status_code, answer.json()) == (400, MALFORMED)


@pytest.mark.parametrize("depth", [100, 900, 1020])
@pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": "k"}])
def test_deep_nesting_is_no_server_error(api, depth, headers):
    nested = b'{"number": 1, "unknown": ' + b"[" * depth + b"]" * depth + b"}"
    answer = api.post(FIND, nested, headers=headers)
    assert answer.status_code in (400, 404)
    assert answer.json() in (MALFORMED, NOT_FOUND)


def test_an_empty_body_is_an_empty_object(api):
    empty = api.post(FIND, b"")
    assert empty.json()["error"]["fields"] == {"number": ["This field is required."]}
    assert empty.content == api.post(FIND, {}).content
    for kind in ("text/plain", "", "multipart/form-data; boundary=x"):
        assert api.post(FIND, b"", headers={"Content-Type": kind}).content == (
            empty.content
        )


@pytest.mark.parametrize(
    "kind",
    [
        "text/plain",
        "",
        "application/xml",
        "application/jsonx",
        "multipart/form-data; boundary=x",
        "application/json-patch+json",
    ],
)
def test_another_kind_of_body_is_415(api, kind):
    answer = api.post(FIND, b'{"number": 1}', headers={"Content-Type": kind})
    assert (answer.status_code, answer.json()) == (415, UNSUPPORTED)


@pytest.mark.parametrize("encoding", ["gzip", "br", "deflate"])
def test_a_compressed_body_is_415(api, encoding):
    answer = api.post(FIND, b"\x1f\x8b", headers={"Content-Encoding": encoding})
    assert (answer.status_code, answer.json()) == (415, UNSUPPORTED)


@pytest.mark.parametrize(
    "kind", ["application/json; charset=utf-8", "Application/JSON", "application/json;"]
)
def test_spellings_of_the_json_content_type_are_accepted(api, manager, kind):
    body = json.dumps({"number": manager.number}).encode()
    assert api.post(FIND, body, headers={"Content-Type": kind}).json() == found()


# Forms -----------------------------------------------------------------------

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.mark.parametrize(
    "body",
    [
        b"number=5511400011111",
        b"number=%2B55+11+4000-11111&more=1",
        b"number=1&number=5511400011111",
        b"&&number=5511400011111&",
        b"unknown&number=5511400011111",
    ],
)
def test_a_form_is_read(api, manager, body):
    assert api.post(FIND, body, headers=FORM).json() == found()


def test_a_form_may_be_written_in_plain_utf_8(full_api):
    for body in (
        "name=São João&number=1&controllerPort=1".encode(),
        b"name=S%C3%A3o+Jo%C3%A3o&number=1&controllerPort=1",
    ):
        answer = full_api.post("/api/user/save", body, headers=FORM)
        assert answer.json()["data"]["name"] == "São João"


@pytest.mark.parametrize(
    "body", [b"number=%FF", b"\xff=1", b"&".join([b"a=1"] * 1001), b"%ED%A0%80=1"]
)
def test_an_invalid_form_is_malformed(api, body):
    answer = api.post(FIND, body, headers=FORM)
    assert (answer.status_code, answer.json()) == (400, MALFORMED)


# Values ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "number",
    [
        b"1e400",
        b"-1e400",
        b"1.0",
        b"-1",
        b"-0.0",
        b"1" * 16,
        b"9" * 5000,
        b"18446744073709551616",
        b"-9223372036854775809",
        b"true",
        b"[]",
        b"{}",
        b'{"$gt": ""}',
        b'"\\ud800"',
        b'"\\u0000"',
        b'"1\\u0000"',
        b'"\\u0665\\u0661"',
        b'"-5"',
        b'"+"',
        b'"5;DROP TABLE"',
        b'"' + b" " * 100_000 + b'x"',
    ],
)
def test_a_value_of_the_wrong_type_is_invalid(api, number):
    answer = api.post(FIND, b'{"number": ' + number + b"}")
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "invalid"
    assert list(answer.json()["error"]["fields"]) == ["number"]


def test_strange_values_in_unknown_fields_are_ignored(api, manager):
    strange = (
        b'{"number": 5511400011111, "a": 1e400, "b": "\\ud800", "c": "\\u0000", "d": '
        + b"9" * 5000
        + b', "\\ud800": 1, "": {}, "__class__": []}'
    )
    assert api.post(FIND, strange).json() == found()
    once = {"Idempotency-Key": "strange"}
    assert api.post(FIND, strange, headers=once).json() == found()


def test_an_integer_keeps_its_digits_in_a_text(full_api):
    digits = "9" * 25
    body = f'{{"name": {digits}, "number": 7, "controllerPort": 7}}'.encode()
    assert full_api.post("/api/user/save", body).json()["data"]["name"] == digits


def test_any_unicode_except_nul_and_surrogates_is_text(full_api):
    name = "Ação 😀 \u200e\u202e\ufffe \x01\x7f ‮"
    fields = {"name": name, "number": 7, "controllerPort": 7}
    answer = full_api.post("/api/user/save", fields)
    assert answer.json()["data"]["name"] == name
    assert full_api.post("/api/user/save", form=fields).json() == answer.json()
    pair = b'{"name": "\\ud83d\\ude00", "number": 8, "controllerPort": 8}'
    assert full_api.post("/api/user/save", pair).json()["data"]["name"] == "😀"


def test_the_length_of_a_text_is_counted_in_characters(full_api):
    fields = {"name": "😀" * 200, "number": 7, "controllerPort": 7}
    assert full_api.post("/api/user/save", fields).status_code == 200
    fields["name"] += "a"
    assert full_api.post("/api/user/save", fields).json()["error"]["fields"] == {
        "name": ["This is longer than 200 characters."]
    }


def test_the_last_of_two_equal_names_counts(api, manager):
    assert api.post(FIND, b'{"number": 1, "number": 5511400011111}').json() == found()


# DELETE ----------------------------------------------------------------------


def test_delete_takes_its_fields_from_the_query_without_a_body(api, contact):
    query = f"number=5511400011111&contactNumber={contact.external_id}"
    answer = api.delete(f"/api/user/contact/?{query}")
    assert answer.json() == {"success": True, "data": "Contact deleted"}


def test_a_post_never_reads_its_query(api, manager):
    answer = api.post(f"{FIND}?number={manager.number}", {})
    assert list(answer.json()["error"]["fields"]) == ["number"]
