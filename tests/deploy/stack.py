"""The centre as deploy/ runs it: two processes of each kind, a proxy and PgBouncer."""

from __future__ import annotations

import http.client
import json
import os
import signal
import ssl
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from django.conf import settings

from hci_center.listening import listen
from tests.deploy.certificates import HOST
from tests.deploy.servers import Servers
from tests.feed.processes import wait_until
from tests.ports import free_port

ROOT = Path(settings.BASE_DIR)
MANAGE = [sys.executable, str(ROOT / "manage.py")]
COMMANDS = {
    "web": [sys.executable, "-m", "hci_center.webserver.server"],
    "feed": [*MANAGE, "serve_feed"],
    "relay": [*MANAGE, "relay_changes"],
    "deliver": [*MANAGE, "deliver_messages"],
}
EACH = 2
# Seconds that the supervisor and the units give a process to end.
STOPS_WITHIN = 10.0
# Processes without a port cannot be asked whether they have started.
STARTS_WITHIN = 3.0
# Eight processes at once, on a machine that does other things too.
STARTS_ALL_WITHIN = 240.0


class Stack:
    """Servers, and the running processes by name."""

    def __init__(self, folder: Path, servers: Servers) -> None:
        self.folder, self.servers = folder, servers
        self.url = f"https://localhost:{servers.https_port}"
        # Leads to it.
        self.http_port = free_port()
        self.environment = {
            **os.environ,
            "HCI_DATA_DIR": str(folder / "data"),
            "HCI_SECRET_KEY": settings.SECRET_KEY,
            "HCI_TOKEN_KEYS": ",".join(settings.TOKEN_KEYS),
            "HCI_PUBLIC_URL": self.url,
            "HCI_TRUSTED_PROXIES": HOST,
            "HCI_HOST": HOST,
            "HCI_FEED_SOCKETS_EACH": "1000",
            "DATABASE_URL": servers.database_url,
            "HCI_WEB_DATABASE_URL": servers.pooler_url,
            "REDIS_URL": servers.redis_url,
        }
        self.ports = {
            name: [free_port() for _ in range(EACH)] for name in ("web", "feed")
        }
        # Listening sockets that stay open between processes, as with systemd.
        self.sockets = {
            name: [listen(HOST, port) for port in ports]
            for name, ports in self.ports.items()
        }
        self.processes: dict[str, list[subprocess.Popen[bytes]]] = {}

    def start(self) -> None:
        self.manage("migrate", "-v0")
        for name in COMMANDS:
            self.processes[name] = [self.run(name, place) for place in range(EACH)]
        for port in (*self.ports["web"], *self.ports["feed"]):
            wait_until(lambda port=port: self.is_healthy(port), STARTS_ALL_WITHIN)

    def stop(self) -> None:
        for process in [each for some in self.processes.values() for each in some]:
            process.kill()
            process.wait()
        for kept in [each for some in self.sockets.values() for each in some]:
            kept.close()

    def run(self, name: str, place: int, **more: str) -> subprocess.Popen[bytes]:
        """Starts a process of the name, on the socket of its place if it has one."""
        command, passed = COMMANDS[name], ()
        if name in self.sockets:
            descriptor = self.sockets[name][place].fileno()
            command, passed = [*command, "--fd", str(descriptor)], (descriptor,)
        with (self.folder / f"{name}.{place}.log").open("ab") as log:
            return subprocess.Popen(
                command,
                env=self.environment | more,
                cwd=ROOT,
                stdout=log,
                stderr=log,
                pass_fds=passed,
            )

    def replace(self, name: str, place: int) -> float:
        """Stops a process as a deployment does and starts its successor.

        Returns the seconds until it had ended.
        """
        process, began = self.processes[name][place], time.monotonic()
        process.terminate()
        assert process.wait(STOPS_WITHIN) in (0, -signal.SIGTERM)
        ended = time.monotonic() - began
        self.processes[name][place] = self.run(name, place)
        if name in self.ports:
            wait_until(lambda: self.is_healthy(self.ports[name][place]))
        else:
            time.sleep(STARTS_WITHIN)
        return ended

    def manage(self, *arguments: str) -> str:
        done = subprocess.run(
            [*MANAGE, *arguments],
            env=self.environment,
            cwd=ROOT,
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        )
        return done.stdout

    def shell(self, script: str) -> Any:
        return json.loads(self.manage("shell", "-v0", "-c", script))

    def logs(self) -> str:
        """Returns the processes' logs, which a failing test shows."""
        return "\n".join(
            f"{path.name}: {line}"
            for path in sorted(self.folder.glob("*.log"))
            for line in path.read_text().splitlines()[-40:]
        )

    # Requests

    def context(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self.servers.ca)

    def connect(self, source: str = "") -> http.client.HTTPSConnection:
        """Returns a connection to the proxy, from that local address."""
        return http.client.HTTPSConnection(
            "localhost",
            self.servers.https_port,
            timeout=20,
            context=self.context(),
            source_address=(source, 0) if source else None,
        )

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        headers: dict[str, str] | None = None,
        client: http.client.HTTPSConnection | None = None,
    ) -> tuple[int, Any]:
        """Calls through the proxy; returns status and JSON, or raises OSError."""
        used = client or self.connect()
        content = None if body is None else json.dumps(body).encode()
        given = {"Content-Type": "application/json", **(headers or {})}
        try:
            used.request(method, path, content, given)
            answer = used.getresponse()
            return answer.status, json.loads(answer.read())
        finally:
            if client is None:
                used.close()

    def readiness(self) -> Any:
        try:
            return self.ask("GET", "/readyz")[1]
        except (OSError, ValueError, http.client.HTTPException):
            return {"status": "silent"}

    def is_healthy(self, port: int) -> bool:
        client = http.client.HTTPConnection(HOST, port, timeout=2)
        try:
            client.request("GET", "/healthz")
            return client.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            client.close()

    def with_ports(self, site: str) -> str:
        """Returns a proxy's site with this stack's ports."""
        for name, documented in (("web", (8000, 8010)), ("feed", (8001, 8011))):
            for there, here in zip(documented, self.ports[name], strict=True):
                site = site.replace(f"{HOST}:{there}", f"{HOST}:{here}")
        return site
