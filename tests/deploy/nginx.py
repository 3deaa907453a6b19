"""Makes a configuration that a test can start from the files of deploy/nginx."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from tests.deploy.certificates import HOST

if TYPE_CHECKING:
    from tests.deploy.stack import Stack

FILES = Path(__file__).resolve().parents[2] / "deploy" / "nginx"


def site_as_shipped() -> str:
    return "\n".join(
        (FILES / name).read_text() for name in ("upstreams.conf", "hci.conf")
    )


def without_redirection(site: str) -> str:
    """Removes the redirection from port 80 to TLS."""
    return re.sub(r"\nserver \{\n    listen 80;.*?\n\}\n", "\n", site, flags=re.S)


def surrounded(site: str, folder: Path) -> str:
    """Returns a complete configuration; nginx writes its files to that folder."""
    user = "user root;" if os.geteuid() == 0 else ""
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    site = site.replace("/var/log/nginx/", f"{folder}/nginx-")
    temporary = "\n".join(f"{k}_temp_path {folder}/nginx-{k};" for k in kinds)
    return f"""
{user}
daemon off;
pid {folder}/nginx.pid;
worker_processes 1;
events {{ worker_connections 4096; }}
http {{
access_log off;
{temporary}
{site}
}}
"""


def configuration_for(stack: Stack) -> str:
    """Returns it with the ports and certificates of the deployment."""
    site = stack.with_ports(site_as_shipped())
    site = re.sub(r"listen 80;", f"listen {HOST}:{stack.http_port};", site)
    site = re.sub(r"listen 443 ", f"listen {HOST}:{stack.servers.https_port} ", site)
    site = re.sub(r".*listen \[::\].*\n", "", site)
    site = site.replace("server_name centre.example", "server_name localhost")
    certificates = stack.servers.folder / "server"
    site = re.sub(r"/etc/letsencrypt\S*fullchain\.pem", f"{certificates}.crt", site)
    site = re.sub(r"/etc/letsencrypt\S*privkey\.pem", f"{certificates}.key", site)
    return surrounded(site, stack.folder)
