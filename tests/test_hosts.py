"""IPv6 hosts have brackets in addresses, and none for sockets."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler

import pytest
from django.conf import settings as django_settings
from django.core.exceptions import ImproperlyConfigured

from hci_center.environment import Environment
from hci_center.hosts import bare_host, in_address, reachable
from hci_center.local.management.commands import serve
from hci_center.metrics import port as metrics_port


def has_ipv6():
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            return True
    except OSError:
        return False


needs_ipv6 = pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6")


@pytest.mark.parametrize(
    ("host", "written"),
    [
        ("::1", "[::1]"),
        ("[::1]", "[::1]"),
        ("2001:DB8:0::1", "[2001:db8::1]"),
        ("127.0.0.1", "127.0.0.1"),
        ("centre.example", "centre.example"),
        ("", ""),
    ],
)
def test_a_host_in_an_address(host, written):
    assert in_address(host) == written


def test_a_wildcard_address_is_reached_on_this_machine():
    assert [reachable(each) for each in ("0.0.0.0", "::", "fd00::5")] == [  # noqa: S104
        "127.0.0.1",
        "::1",
        "fd00::5",
    ]
    assert bare_host("[::1]") == "::1"


@pytest.mark.parametrize(
    ("variables", "host"),
    [
        ({"HCI_HOST": "fd00::5"}, "[fd00::5]:8000"),
        ({"HCI_HOST": "[fd00::5]"}, "[fd00::5]:8000"),
        ({"HCI_PUBLIC_URL": "https://[2001:db8::1]"}, "[2001:db8::1]"),
        ({"HCI_ALLOWED_HOSTS": "2001:db8::2"}, "[2001:db8::2]"),
    ],
)
def test_calls_to_an_ipv6_address_are_served(tmp_path, variables, host):
    asked = (
        "import django; django.setup(); from django.conf import settings;"
        "from django.http.request import split_domain_port, validate_host;"
        f"name = split_domain_port({host!r})[0];"
        "assert validate_host(name, settings.ALLOWED_HOSTS), settings.ALLOWED_HOSTS"
    )
    ended = subprocess.run(
        [sys.executable, "-c", asked],
        env=os.environ
        | {"HCI_DATA_DIR": str(tmp_path), "HCI_PUBLIC_URL": "", "HCI_ALLOWED_HOSTS": ""}
        | {"DJANGO_SETTINGS_MODULE": "hci_center.settings", **variables},
        cwd=django_settings.BASE_DIR,
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 0, ended.stderr


@pytest.mark.parametrize(
    ("value", "is_fine"),
    [
        ("::1", True),
        ("0.0.0.0", True),  # noqa: S104
        ("centre.example", True),
        ("127.0.0.1:8000", False),
        ("http://centre.example", False),
        ("a b", False),
    ],
)
def test_a_host_to_listen_on(monkeypatch, value, is_fine):
    monkeypatch.setenv("X", value)
    if is_fine:
        assert Environment().host("X", default="") == value
        return
    with pytest.raises(ImproperlyConfigured, match=r"X is .* it must be a host alone"):
        Environment().host("X", default="")


class Healthy(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"status": "ok"}')

    def log_message(self, *_arguments):
        """Writes no log."""


@needs_ipv6
def test_the_start_finds_the_web_process_on_ipv6(settings):
    server = metrics_port._server_of("::1")(("::1", 0), Healthy)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        settings.PORT = server.server_address[1]
        for settings.HOST in ("::1", "::"):
            assert serve._answers("/healthz", "ok")
    finally:
        server.shutdown()
        server.server_close()


@needs_ipv6
@pytest.mark.parametrize("host", ["::1", "::", "127.0.0.1"])
def test_metrics_are_served_on_either_kind_of_address(settings, host):
    settings.METRICS_KEY, settings.METRICS_HOST = "k" * 16, host
    server = metrics_port.serve_metrics(0, lambda: b"figure 1\n")
    assert server is not None
    client = http.client.HTTPConnection(reachable(host), server.server_address[1])
    try:
        client.request(
            "GET", "/metrics", headers={"Authorization": f"Bearer {'k' * 16}"}
        )
        answer = client.getresponse()
        assert (answer.status, answer.read()) == (200, b"figure 1\n")
    finally:
        client.close()
        server.shutdown()
        server.server_close()
