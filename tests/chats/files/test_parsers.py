"""Property tests: data URIs and base64 are decoded like by the standard library."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import re
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chats.files import data_uri
from chats.files.data_uri import NotADataUriError, parse_data_uri
from chats.files.mime_types import detect_type, matches_declared
from chats.messages.base64_text import decode_base64_text, decode_where_written

LIMIT = 25 * 2**20
ALPHABET = string.ascii_letters + string.digits + "+/="
nearly_base64 = st.text(alphabet=ALPHABET + "-_ \n%é\x00", max_size=40)
mimes = st.from_regex(r"[a-z]{1,8}/[a-z0-9.+-]{1,12}", fullmatch=True)


STRICT = re.compile(
    "(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?", re.ASCII
)


def strictly(text: str) -> bytes | None:
    return base64.b64decode(text) if STRICT.fullmatch(text) else None


@given(st.binary(min_size=1, max_size=2000), mimes, st.integers(4, 40))
def test_encoded_bytes_are_decoded_from_chunks_of_any_size(content, mime, piece):
    whole = data_uri._PIECE
    data_uri._PIECE = piece * 4
    try:
        text = f"data:{mime};base64,{base64.b64encode(content).decode()}"
        sent = parse_data_uri(text, LIMIT)
        assert (sent.size, sent.claimed_mime) == (len(content), mime)
        assert sent.sha256 == hashlib.sha256(content).hexdigest()
        with sent.open() as file:
            assert file.read() == content
            file.seek(len(content) // 2)
            assert file.read(7) == content[len(content) // 2 :][:7]
            file.seek(-1, 2)
            assert file.read() == content[-1:]
    finally:
        data_uri._PIECE = whole


@given(nearly_base64)
def test_only_strict_base64_is_a_file(text):
    expected = strictly(text)
    try:
        sent = parse_data_uri(f"data:a/b;base64,{text}", LIMIT)
    except NotADataUriError:
        assert not expected
        return
    with sent.open() as file:
        assert file.read() == expected


@given(st.text(max_size=200))
def test_no_text_breaks_the_parser(text):
    for candidate in (text, f"data:{text}", f"data:image/png;{text};base64,AAAA"):
        with contextlib.suppress(NotADataUriError):
            assert parse_data_uri(candidate, LIMIT).size > 0


@given(st.integers(1, 50), st.integers(1, 50))
def test_the_limit_is_exact(size, limit):
    text = f"data:a/b;base64,{base64.b64encode(bytes(size)).decode()}"
    sent = parse_data_uri(text, limit)
    assert sent.size == size
    assert (sent.found is None) == (size > limit)


@given(st.binary(max_size=9000), mimes)
def test_type_detection_accepts_any_bytes(content, mime):
    found = detect_type(content, mime)
    assert found.kinds
    assert matches_declared(found, "file", "application/octet-stream")


@given(
    st.sampled_from([b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"OggS"]),
    st.binary(max_size=9000),
)
def test_type_detection_accepts_any_archive(beginning, rest):
    assert detect_type(beginning + rest, "").mime


@given(st.text(max_size=200).filter(bool))
def test_a_text_is_decoded_from_its_base64(text):
    written = base64.b64encode(text.encode()).decode()
    assert decode_base64_text(written) == text


@given(nearly_base64)
def test_only_strict_base64_of_utf8_is_a_text(text):
    decoded = strictly(text)
    try:
        expected = None if decoded is None else decoded.decode()
    except UnicodeDecodeError:
        expected = None
    assert decode_base64_text(text) == expected


@given(nearly_base64 | st.text(max_size=60))
def test_other_texts_are_unchanged(text):
    decoded = decode_base64_text(text)
    kept = decode_where_written(text)
    assert kept in (text, decoded)
    if decoded is None:
        assert kept == text


@pytest.mark.parametrize("number", [*range(9), *range(11, 32), *range(127, 160)])
def test_base64_of_control_characters_is_not_decoded(number):
    written = base64.b64encode(f"oi{chr(number)}".encode()).decode()
    assert decode_where_written(written) == written


def test_lone_surrogates_are_refused():
    for text in ("\ud800", "data:a/b;base64,\ud800AAA"):
        assert decode_base64_text(text) is None
        with pytest.raises(NotADataUriError):
            parse_data_uri(text, LIMIT)
