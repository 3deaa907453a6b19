"""Makes the POST of an outgoing webhook.

It follows no redirects, uses no proxy of the environment, keeps no cookies and ends
after TOTAL seconds, however slowly the receiver answers.
"""

from __future__ import annotations

import logging
import ssl
import threading
from dataclasses import dataclass
from http.client import HTTPException
from http.cookiejar import DefaultCookiePolicy
from time import monotonic
from typing import Any

import requests
import urllib3

from chats.gateways.deadline_adapter import BoundedAdapter, Deadline, Timeouts
from hci_center.feed.hooks.target import (
    NotPublicError,
    WrongUrlError,
    check_url,
    open_socket,
)

logger = logging.getLogger(__name__)

TOTAL = 10.0
# The part of a response that is read: only its status matters, but the rest must be
# read before the connection can be used again.
MOST_READ = 64 * 2**10
# A receiver may close an idle connection just as it is used again.
LONGEST_IDLE = 2.0

_GONE = 410


@dataclass(frozen=True, slots=True)
class Answer:
    """How a POST ended: `error` is a code, "" after a status of 2xx."""

    error: str = ""
    is_gone: bool = False

    @property
    def ok(self) -> bool:
        return not self.error


class Poster:
    """Posts to one hook, one call at a time."""

    def __init__(self, total: float = TOTAL) -> None:
        self._timeouts = Timeouts(total, total, total)
        self._thread = threading.local()
        self._session: requests.Session | None = None
        self._used_at = 0.0

    def post(
        self, url: str, body: bytes, headers: dict[str, str], began: float
    ) -> Answer:
        """Makes one attempt; its deadline is counted from `began` (monotonic)."""
        self._thread.running = Deadline(self._timeouts, began + self._timeouts.total)
        try:
            check_url(url)
            answer = _answer_of(self._status(url, body, headers))
        except WrongUrlError as error:
            answer = Answer(str(error))
        except (requests.RequestException, *_TRANSPORT) as error:
            self.close()
            answer = Answer(_code_of(error))
        self._used_at = monotonic()
        return answer

    def close(self) -> None:
        """Closes the connection that is kept for the next call."""
        if self._session is not None:
            self._session.close()
            self._session = None

    def _status(self, url: str, body: bytes, headers: dict[str, str]) -> int:
        response = self._opened().post(
            url,
            data=body,
            headers=headers | _HEADERS,
            timeout=(self._timeouts.connect, self._timeouts.read),
            allow_redirects=False,
            stream=True,
        )
        try:
            rest = response.raw.read(MOST_READ + 1)
        except (*_TRANSPORT, requests.RequestException):
            # The status has arrived, and only that matters.
            self.close()
            return response.status_code
        if len(rest) > MOST_READ:
            self.close()
        return response.status_code

    def _opened(self) -> requests.Session:
        if monotonic() - self._used_at > LONGEST_IDLE:
            self.close()
        if self._session is None:
            session = self._session = requests.Session()
            session.trust_env = False
            session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
            for scheme in ("http://", "https://"):
                session.mount(scheme, _CheckedAdapter(self._thread))
        return self._session


class _CheckedAdapter(BoundedAdapter):
    """An adapter that connects only to addresses that a webhook may be sent to."""

    def __init__(self, thread: threading.local) -> None:
        super().__init__(thread)

        def connect(connection: Any) -> Any:
            running: Deadline = thread.running
            return open_socket(
                connection.host, connection.port, lambda: running.remaining(None)
            )

        for scheme, bounded in self._connections.items():
            self._connections[scheme] = type(
                f"Checked{bounded.__name__}", (bounded,), {"_new_conn": connect}
            )


_HEADERS = {
    "Content-Type": "application/json",
    "User-Agent": "hci-whats-center",
    "Accept": "*/*",
    "Accept-Encoding": "identity",
}
_TRANSPORT = (urllib3.exceptions.HTTPError, HTTPException, OSError, UnicodeError)


def _answer_of(status: int) -> Answer:
    if 200 <= status < 300:
        return Answer()
    return Answer(f"http_{status}", is_gone=status == _GONE)


def _code_of(error: BaseException) -> str:
    """Returns the first known cause in the chain of an exception."""
    chain: BaseException | None = error
    while chain is not None:
        for kind, code in _CODES:
            if isinstance(chain, kind):
                return code
        inner = [a for a in chain.args if isinstance(a, BaseException)]
        reason = getattr(chain, "reason", None)
        if isinstance(reason, BaseException):
            inner.append(reason)
        chain = next((a for a in inner if a is not chain), chain.__cause__)
    return "unreachable"


_CODES: tuple[tuple[Any, str], ...] = (
    (NotPublicError, "not_public"),
    ((TimeoutError, requests.Timeout, urllib3.exceptions.TimeoutError), "timeout"),
    (ssl.SSLError, "certificate"),
    (urllib3.exceptions.SSLError, "certificate"),
)
