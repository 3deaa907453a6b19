"""Adapts the deployment to the tests that kill parts of a centre."""

from __future__ import annotations

import contextlib
import http.client
import threading
from typing import Any

import psycopg

from tests.deploy.stack import Stack
from tests.faults.centre import PEOPLE, Centre

OF_SERVERS = ("postgres", "redis", "pooler")


class Deployed(Centre):
    """Sockets and calls go through the proxy, SQL goes directly to the server."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.feed_url = f"wss://localhost:{stack.servers.https_port}/api/socket"
        self.rows = stack.shell(PEOPLE)
        self.session_headers = self.headers_of(self.rows["session"])
        self.answered, self.failed = 0, []
        self._local = threading.local()
        self._clients: list[http.client.HTTPSConnection] = []

    def headers_of(self, session: str) -> dict[str, str]:
        return {"Cookie": f"sessionid={session}", "Origin": self.stack.url}

    def kill(self, names: list[str]) -> None:
        for name in names:
            if name in OF_SERVERS:
                self.stack.servers.kill(name)
                continue
            process = self.stack.processes[name][0]
            process.kill()
            process.wait()

    def revive(self, names: list[str]) -> None:
        for name in names:
            if name in OF_SERVERS:
                self.stack.servers.revive(name)
            else:
                self.stack.processes[name][0] = self.stack.run(name, 0)

    def close(self) -> None:
        for client in self._clients:
            client.close()

    def connect(self) -> psycopg.Connection[Any]:
        return self.stack.servers.connect(connect_timeout=2)

    def post_message(self, token: str) -> None:
        """By REST, on a connection that is kept; raises OSError unless acknowledged."""
        client = getattr(self._local, "client", None)
        if client is None:
            client = self._local.client = self.stack.connect()
            self._clients.append(client)
        body = {
            "managerNumber": 5511400011111,
            "contactNumber": 551133334444,
            "from": 551133334444,
            "type": "text",
            "content": token,
            "messageId": token,
        }
        key = {"Authorization": f"Api-Key {self.rows['key']}"}
        try:
            status, answer = self.stack.ask(
                "POST", "/api/chat/message/send", body, key, client
            )
        except (OSError, ValueError, http.client.HTTPException) as error:
            self.failed.append(f"{token}: {error!r}")
            with contextlib.suppress(OSError):
                client.close()
            self._local.client = None
            raise OSError(str(error)) from error
        if status != 200:
            self.failed.append(f"{token}: {status} {answer}")
            raise OSError(status)
        self.answered += 1
