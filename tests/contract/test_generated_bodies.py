"""Random bodies: no response of 5xx, and each in the envelope.

A fast variant of `test_fuzz_calls.py`: each call many times, with valid fields that are
changed at random.
"""

from __future__ import annotations

import json
import random
from copy import deepcopy
from typing import Any

import pytest
from django.db import transaction

from tests.contract.calls import CALLS
from tests.contract.conftest import UndoneError
from tests.counts import count

TRIES = count(15, full=1500)
LONG = "9" * 400
ODD: list[Any] = [
    None, True, False, 0, -1, 1, 2**31, 2**63, -(2**63) - 1, 10**400, 1.5, -0.0, 1e308,
    "", " ", "0", "-1", "1e3", "NaN", "null", "\x00", "a\x00b", "\ud800", "\udfff\ud800",
    "\u202e", "\u0663", "\uff11", "é" * 300, LONG, "a" * 70_000, "../../etc/passwd",
    "' OR 1=1 --", "%s%n", "{{7*7}}", "<script>", "2026-13-45T99:99", "9999-12-31T23:59Z",
    [], [[]], [None], {}, {"$gt": ""}, {"a": {"b": [1]}}, ["x"] * 200, "data:;base64,",
    "data:image/png;base64,AAAA", "data:text/html,<b>", "=1+1", "://", "http://[::1]:0/",
]  # fmt: skip
NAMES = ("", "\x00", "id", "__proto__", "limit", "before", "cursor", "from", "number")
RAW = (
    b"", b"[]", b"null", b"1", b'"s"', b"{", b"\xff\xfe", b'{"a":1e400}', b"\x00",
    b'{"a":"\\ud800"}', b"[" * 20_000, b'{"a":' * 2_000, b"{}" * 3, b"\xef\xbb\xbf{}",
)  # fmt: skip
HEADERS: tuple[dict[str, str], ...] = (
    {},
    {"Idempotency-Key": "once"},
    {"Idempotency-Key": "x" * 300},
    {"Accept-Language": "pt-BR, *;q=0.1"},
    {"Accept": "text/html"},
    {"X-Request-Id": "a" * 500},
)


@pytest.fixture
def centre(module_centre, db):
    return deepcopy(module_centre)


def changed(body: dict[str, Any], chance: random.Random) -> Any:
    """Returns the body with some fields changed, removed or added; or no object."""
    if chance.random() < 0.05:
        return chance.choice(RAW)
    made = dict(body)
    for _ in range(chance.randint(1, 3)):
        name = chance.choice([*body, *NAMES])
        if chance.random() < 0.15:
            made.pop(name, None)
        elif chance.random() < 0.1 and isinstance(made.get(name), str):
            made[name] = made[name] + chance.choice(("\x00", "\ud800", " ", "é", LONG))
        else:
            made[name] = deepcopy(chance.choice(ODD))
    return made


def is_enveloped(answer: Any) -> bool:
    told = json.loads(answer.content)
    if answer.status_code == 200:
        return told["success"] is True and "data" in told
    error = told["error"]
    return told["success"] is False and bool(error["code"]) and bool(error["message"])


@pytest.mark.timeout(count(300, full=1800))
@pytest.mark.parametrize("call", CALLS, ids=str)
def test_any_body_is_answered_in_the_envelope(centre, full_api, call):
    chance = random.Random(str(call))  # noqa: S311 - repeatable
    body = call.body(centre)
    # An unexpected error becomes a response, as for clients.
    full_api.client.raise_request_exception = False
    for _ in range(TRIES):
        sent, headers = changed(body, chance), chance.choice(HEADERS)
        try:
            with transaction.atomic():
                answer = full_api.call(call.method, call.url, sent, headers=headers)
                raise UndoneError
        except UndoneError:
            pass
        assert answer.status_code < 500, (sent, answer.content)
        assert is_enveloped(answer), (sent, answer.content)
