"""The proxies in front of a deployment, configured from the files of deploy/."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.deploy import caddy, nginx
from tests.deploy.stack import Stack
from tests.feed.processes import wait_until


@dataclass(frozen=True)
class Proxy:
    """`redirects` is the status of its redirection from port 80 to TLS."""

    name: str
    redirects: int
    configuration_for: Callable[[Stack], str]
    # Before the file of the configuration.
    command: tuple[str, ...]

    def start(self, stack: Stack) -> None:
        """Starts it and returns when the centre answers through it."""
        file = stack.servers.folder / f"{self.name}.conf"
        file.write_text(self.configuration_for(stack))
        stack.servers.start_proxy(self.name, *self.command, str(file))
        wait_until(lambda: stack.readiness()["status"] == "ok", 20)

    def logs(self, folder: Path) -> str:
        """Returns what it has logged below the folder."""
        paths = folder.rglob(f"{self.name}*.log")
        return "\n".join(path.read_text() for path in paths)


PROXIES = (
    Proxy(
        "nginx",
        301,
        nginx.configuration_for,
        ("nginx", "-e", "stderr", "-c"),
    ),
    Proxy(
        "caddy",
        308,
        caddy.configuration_for,
        ("caddy", "run", "--adapter", "caddyfile", "--config"),
    ),
)
