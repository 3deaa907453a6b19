"""HTTP client of all gateway drivers; every request goes through `Http.call`.

It follows no redirects, uses no proxies from the environment, keeps no cookies and
never repeats a request. A call ends at its deadline however slowly the server answers,
and reads no more than its limit. Secrets are sent in headers only; each call logs one
entry without secrets.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.client import HTTPException
from http.cookiejar import DefaultCookiePolicy
from time import monotonic
from typing import Any

import requests
import urllib3

from chats.gateways.base import Account, Failed
from chats.gateways.deadline_adapter import BoundedAdapter, Deadline, Timeouts
from chats.gateways.error_messages import sentence
from chats.gateways.parsing import retry_after
from chats.gateways.streaming_body import Payload

logger = logging.getLogger(__name__)

ANSWER_CAP = 64 * 2**10
# A server may close an idle connection just as we use it, and whether it received the
# request is then unknown: a connection idle for longer than this is not used again.
LONGEST_IDLE = 2.0


TEXT = Timeouts()
FILE = Timeouts(read=120.0, total=180.0)


@dataclass(frozen=True, slots=True)
class Answer:
    """A response: status, headers and body."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    def json(self) -> Any:
        """Returns the parsed body, or None if it is not JSON."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return None

    def object(self) -> dict[str, Any]:
        """Returns the parsed body if it is a JSON object, else an empty one."""
        parsed = self.json()
        return parsed if isinstance(parsed, dict) else {}

    @property
    def retry_after(self) -> float | None:
        """Returns `Retry-After` in seconds, at most a day; None if absent.

        The header may contain seconds or a date.
        """
        value = self.headers.get("retry-after", "").strip()
        if not value.endswith("GMT"):
            return retry_after(value)
        try:
            until = parsedate_to_datetime(value)
        except ValueError:
            return None
        return retry_after((until - datetime.now(UTC)).total_seconds())


class NoAnswerError(Exception):
    """No usable response arrived.

    `maybe_sent`: the server may have acted on the request.
    """

    def __init__(self, code: str, *, maybe_sent: bool) -> None:
        self.code, self.maybe_sent = code, maybe_sent
        super().__init__(code)

    def failed(self) -> Failed:
        """Returns the error as an outcome.

        A request that was never sent is a fault of the account.
        """
        return Failed(
            self.code,
            sentence(self.code),
            scope="contact" if self.maybe_sent else "account",
            maybe_sent=self.maybe_sent,
        )


@dataclass(frozen=True, slots=True)
class Call:
    """One request. `what` is its name in the log; the URL is never logged."""

    account: Account
    what: str
    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    payload: Payload | None = None
    timeouts: Timeouts = TEXT
    cap: int = ANSWER_CAP


class Http:
    """The HTTP client of all drivers; each thread has its own connections.

    `most` limits the timeouts of every call.
    """

    def __init__(self, most: Timeouts = FILE) -> None:
        self._most = most
        self._thread = threading.local()

    def call(self, call: Call) -> Answer:
        """Makes one attempt. Raises NoAnswerError if no complete response arrives."""
        begun = monotonic()
        timeouts = call.timeouts.within(self._most)
        running = Deadline(timeouts, begun + timeouts.total)
        self._thread.running = running
        try:
            answer = self._exchange(call, timeouts)
        except _TOO_LARGE as error:
            raise self._no_answer(call, begun, "unreadable", True) from error
        except (requests.RequestException, *_TRANSPORT) as error:
            code = _code_of(error, running.started)
            raise self._no_answer(call, begun, code, _maybe(call, running)) from None
        _log(call, begun, str(answer.status))
        if 300 <= answer.status < 400:
            raise NoAnswerError("redirected", maybe_sent=False)
        return answer

    def _exchange(self, call: Call, timeouts: Timeouts) -> Answer:
        headers = {"Accept-Encoding": "identity", **call.headers}
        if call.payload is not None:
            headers["Content-Type"] = call.payload.content_type
        response = self._session().request(
            call.method,
            call.url,
            data=call.payload,
            headers=headers,
            timeout=(timeouts.connect, timeouts.read),
            allow_redirects=False,
            stream=True,
        )
        try:
            body = response.raw.read(call.cap + 1, decode_content=True)
            if len(body) > call.cap:
                raise _AnswerTooLargeError
            found = {name.lower(): value for name, value in response.headers.items()}
            # After the last byte the connection is back in the pool by itself.
            whole = Answer(response.status_code, found, body)
        except BaseException:
            response.raw.close()
            raise
        self._thread.idle_since = monotonic()
        return whole

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._thread, "session", None)
        if session is None:
            session = requests.Session()
            session.trust_env = False
            session.headers["User-Agent"] = "hci-whats-center"
            session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
            adapter = BoundedAdapter(self._thread)
            session.mount("http://", adapter)
            session.mount("https://", adapter)
            self._thread.session = session
        elif monotonic() - getattr(self._thread, "idle_since", 0.0) > LONGEST_IDLE:
            session.close()
        return session

    def _no_answer(
        self, call: Call, begun: float, code: str, maybe_sent: bool
    ) -> NoAnswerError:
        _log(call, begun, f"{code}{', maybe sent' if maybe_sent else ''}")
        return NoAnswerError(code, maybe_sent=maybe_sent)


class _AnswerTooLargeError(Exception):
    """The response is larger than the call allows."""


_TOO_LARGE = (_AnswerTooLargeError,)
_TRANSPORT = (urllib3.exceptions.HTTPError, HTTPException, OSError, UnicodeError)


def _maybe(call: Call, running: Deadline) -> bool:
    """Returns whether the server may have received the whole request."""
    return running.started and (call.payload is None or call.payload.handed_over)


def _code_of(error: BaseException, started: bool) -> str:
    if not started:
        return "unreachable"
    chain: BaseException | None = error
    while chain is not None:
        if isinstance(chain, TimeoutError | urllib3.exceptions.TimeoutError):
            return "timeout"
        if isinstance(chain, requests.Timeout):
            return "timeout"
        inner = next((a for a in chain.args if isinstance(a, BaseException)), None)
        chain = inner or chain.__cause__
    return "cut"


def _log(call: Call, begun: float, outcome: str) -> None:
    # Health checks run all day: only failed ones are logged.
    is_routine = call.what == "health" and outcome == "200"
    logger.log(
        logging.DEBUG if is_routine else logging.INFO,
        "%s %s: %s in %d ms",
        call.account.name,
        call.what,
        outcome,
        (monotonic() - begun) * 1000,
    )


def mask(text: str, *secrets: str) -> str:
    """Returns the text without these secrets: gateways echo tokens in their errors."""
    for secret in secrets:
        if secret:
            text = text.replace(secret, "•••")
    return text
