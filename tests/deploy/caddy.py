"""Makes a configuration that a test can start from the file of deploy/caddy."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tests.deploy.certificates import HOST

if TYPE_CHECKING:
    from tests.deploy.stack import Stack

FILE = Path(__file__).resolve().parents[2] / "deploy" / "caddy" / "Caddyfile"


def configuration_for(stack: Stack) -> str:
    """Returns it with the ports and certificates of the deployment."""
    certificate = stack.servers.folder / "server"
    address = f"https://localhost:{stack.servers.https_port}"
    tls = f"\ttls {certificate}.crt {certificate}.key\n"
    return with_options(
        stack.with_ports(FILE.read_text()).replace(
            "centre.example {\n", f"{address} {{\n{tls}"
        ),
        f"http_port {stack.http_port}",
    )


def with_options(site: str, *options: str) -> str:
    """Returns it with more global options, for this machine alone."""
    lines = [f"\t{line}\n" for line in ("admin off", f"default_bind {HOST}", *options)]
    return site.replace("\n{\n", f"\n{{\n{''.join(lines)}", 1)
