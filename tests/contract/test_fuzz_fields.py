"""Wire formats accept or refuse any value, with an error message."""

from __future__ import annotations

import json
import os
import re
from contextlib import suppress
from datetime import datetime

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from chats.api.serializers.chats import RecordMessage, SendTextByController
from contacts.api.serializers import AnswerContact, SaveContact
from hci_center.api import fields
from hci_center.api.parsers import ContactKey, WrongValueError, parse_port
from hci_center.api.request_parsing import parse_object
from hci_center.errors import InvalidError, MalformedBodyError
from managers.api.serializers import LinkManager, SaveManager

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "50"))
bounded = settings(
    max_examples=EXAMPLES,
    derandomize="FUZZ_EXAMPLES" not in os.environ,
    deadline=None,
    database=None,
)

odd_texts = st.sampled_from(
    [
        "",
        " ",
        "0",
        "-0",
        "+",
        "00",
        "1e3",
        "\x00",
        "\ud800",
        "\u0663",
        "\uff11",
        "9" * 40,
    ]
)
texts = st.one_of(st.text(st.characters(exclude_categories=[])), odd_texts)
scalars = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), texts, st.just(10**400)
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3)
    ),
    max_leaves=6,
)
phoneish = st.text("0123456789 +-().\t/x", max_size=24)


def told(error):
    assert str(error.sentence)


def parsed(parse, value, *limits):
    """Returns the parsed value, or None if it is refused with an error message."""
    try:
        return parse(value, *limits)
    except WrongValueError as error:
        return told(error)


@bounded
@given(values | phoneish)
@example("0" * 70)
def test_a_phone_number_becomes_digits_or_is_refused(value):
    number = parsed(fields.parse_phone, value)
    if number is None:
        return
    assert type(number) is int
    assert 0 <= number < 10**15
    assert number == int(re.sub(r"\D", "", str(value), flags=re.ASCII))


@bounded
@given(st.integers(0, 10**15 - 1), st.sampled_from(["", "+", " " * 99, "(", " +"]))
def test_every_phone_number_is_accepted_in_any_spelling(number, before):
    spelled = before + "-".join(str(number))
    assert parsed(fields.parse_phone, number) == number
    assert parsed(fields.parse_phone, spelled) == number


@bounded
@given(values)
def test_a_text_can_be_stored_or_is_refused(value):
    text = parsed(fields.parse_text, value, 50)
    if text is None:
        return
    assert text == str(value)
    assert len(text) <= 50
    assert "\x00" not in text
    assert text.encode().decode() == text


@bounded
@given(values | st.integers(-5, 70000) | st.integers(-5, 70000).map(str))
def test_a_port_is_valid_or_refused(value):
    port = parsed(parse_port, value)
    assert port is None or (type(port) is int and 0 < port < 65536)


@bounded
@given(st.integers(1, 65535), st.integers(0, 9999))
def test_every_port_is_accepted_with_leading_zeros(port, zeros):
    assert parsed(parse_port, "0" * zeros + str(port)) == port


@bounded
@given(values)
def test_an_id_is_valid_or_refused(value):
    public = parsed(fields.parse_public_id, value)
    assert public is None or re.fullmatch(r"[A-Za-z0-9_.:\-]{1,64}", public)


@bounded
@given(values | phoneish)
def test_a_contact_id_is_a_phone_or_an_id_or_refused(value):
    key = parsed(fields.parse_contact_key, value)
    assert key is None or isinstance(key, ContactKey)
    if key is not None:
        assert key.phone is not None or key.text is not None
        assert key.whatsapp_id


@bounded
@given(values)
def test_an_operator_id_is_an_id_or_zero_or_refused(value):
    operator = parsed(fields.parse_operator_id, value)
    assert operator is None or (type(operator) is int and -1 <= operator < 10**18)


@bounded
@given(values)
def test_a_whole_number_stays_in_its_range(value):
    number = parsed(fields.parse_integer, value, 1, 1000)
    assert number is None or (type(number) is int and 1 <= number <= 1000)


@bounded
@given(values | st.floats(0, 1e14) | st.integers(0, 10**14).map(str))
def test_a_time_can_be_stored_or_is_refused(value):
    moment = parsed(fields.parse_timestamp, value)
    assert moment is None or isinstance(moment, datetime)
    if moment is not None:
        assert 1970 <= moment.year < 9999


@bounded
@given(values)
def test_a_flag_is_true_or_false_or_refused(value):
    assert parsed(fields.parse_flag, value) in (True, False, None)


BODIES = [
    AnswerContact, LinkManager, RecordMessage, SaveContact, SaveManager,
    SendTextByController,
]  # fmt: skip


@pytest.mark.parametrize("body", BODIES, ids=lambda body: body.__name__)
def test_a_body_is_valid_or_has_errors_of_its_own_fields(body):
    names = sorted(body._declared_fields)

    @bounded
    @given(st.dictionaries(st.sampled_from(names) | texts, values | phoneish))
    def read(sent):
        try:
            assert isinstance(body.read(sent), dict)
        except InvalidError as refusal:
            wrong = refusal.more["fields"]
            assert wrong
            assert set(wrong) <= set(names)
            assert all(str(sentence) for told in wrong.values() for sentence in told)

    read()


@bounded
@given(st.binary(max_size=60))
@example(b"[" * 100_000)
@example(b'{"a":' * 100_000)
@example(b'{"a":' + b"9" * 100_000 + b"}")
@example(b'{"a":1e99999}')
@example(b'{"a":"\\ud800"}')
@example(b"\xef\xbb\xbf{}")
def test_any_bytes_are_an_object_or_malformed(body):
    with suppress(MalformedBodyError):
        assert isinstance(parse_object(body), dict)


exact = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(10**18, 10**60)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=[])),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)


@bounded
@given(st.dictionaries(st.text(max_size=5), exact, max_size=5))
def test_a_json_object_is_read_unchanged(sent):
    assert parse_object(json.dumps(sent).encode()) == sent
