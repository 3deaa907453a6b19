"""nginx and Caddy in front of the centre, configured by the files of deploy/."""

from __future__ import annotations

import contextlib
import http.client
import itertools

import pytest

from hci_center.webserver.body_pools import MiB

# The first test also starts everything.
pytestmark = pytest.mark.timeout(600)

SEND, USERS = "/api/chat/message/send", "/api/user/"
# Headers of each proxy about itself or the connection.
OF_PROXIES = {"server", "date", "connection", "x-request-id"}
KEYS = itertools.count()


@pytest.fixture
def new_key(stack, proxy):
    """Makes a key that works in a path, from this network."""

    def made(network: str) -> str:
        given = ("--in-path", "--network", network)
        return stack.manage("create_api_key", f"key {next(KEYS)}", *given).strip()

    return made


def test_a_body_that_is_too_large_gets_the_error_of_the_api(stack, new_key):
    key = {"X-Api-Key": new_key("127.0.0.0/8")}
    body = {"number": 5511400011111, "name": "x" * (3 * MiB)}
    headers, own = key, stack.connect(source="127.0.0.2")
    saved = stack.ask("POST", "/api/user/contact/save", body, headers, own)
    assert (saved[0], saved[1]["success"]) == (413, False)
    # Files may be as large: this one names no manager that exists.
    sent = {"managerNumber": 5511400022222, "padding": "x" * (30 * MiB)}
    status, answer = stack.ask("POST", SEND, sent, headers, own)
    assert status in (400, 404), answer
    own.request("POST", SEND, b"x" * (42 * MiB), headers)
    assert own.getresponse().status == 413
    own.close()


def test_the_metrics_are_not_public(stack, proxy):
    for path in ("/metrics", "/%6detrics", "/metrics/", "/metrics%2f", "//metrics"):
        client = stack.connect()
        client.request("GET", path)
        answer = client.getresponse()
        # By the proxy: the centre would give the reason.
        assert (answer.status, b"HCI_METRICS" in answer.read()) == (404, False)
        client.close()


def test_a_client_cannot_report_another_address_than_its_own(stack, new_key):
    path = f"/k/{new_key('127.0.0.2/32')}{USERS}"

    def status(source: str, reported: str) -> int:
        client = stack.connect(source=source)
        names = ("X-Forwarded-For", "X_Forwarded_For", "X-Real-IP", "Forwarded")
        try:
            headers = dict.fromkeys(names, reported)
            return stack.ask("GET", path, None, headers, client)[0]
        finally:
            client.close()

    assert status("127.0.0.2", "127.0.0.3") == 200
    assert status("127.0.0.3", "127.0.0.2") == 401


def test_the_centre_s_own_headers_arrive(stack, proxy):
    def headers(client: http.client.HTTPConnection, **more: str) -> dict[str, str]:
        client.request("GET", "/admin/login/", headers=more)
        answer = client.getresponse()
        client.close()
        found = {name.lower(): value for name, value in answer.getheaders()}
        assert "csrftoken" in found.pop("set-cookie")
        # Each process writes its directives in an order of its own.
        policy = found["content-security-policy"].split("; ")
        found["content-security-policy"] = "; ".join(sorted(policy))
        return {n: found[n] for n in {*found} - OF_PROXIES - {"expires"}}

    port = stack.ports["web"][0]
    straight = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    host = f"localhost:{stack.servers.https_port}"
    expected = headers(straight, Host=host, **{"X-Forwarded-Proto": "https"})
    assert "strict-transport-security" in expected
    assert headers(stack.connect()) == expected


@pytest.mark.parametrize("upgrade", ["websocket", "WebSocket"])
def test_an_upgrade_goes_to_the_feed_in_any_spelling(stack, proxy, upgrade):
    client = stack.connect()
    headers = {
        "Connection": "keep-alive, upgrade",
        "Upgrade": upgrade,
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        "Origin": stack.url,
    }
    # The web process would know no GET; only the feed opens a socket.
    client.request("GET", "/api/socket", headers=headers)
    answer = client.getresponse()
    assert answer.status == 101
    answer.close()
    client.close()


def test_a_key_in_a_path_works_and_is_in_no_log(stack, proxy, new_key):
    """Neither the proxy's nor ours: called, redirected, refused, or malformed."""
    key = new_key("127.0.0.0/8")
    # The proxy itself is at 127.0.0.1, and is not a client.
    client = stack.connect(source="127.0.0.2")

    def status(path: str) -> int:
        return stack.ask("GET", path, client=client)[0]

    assert status(f"/k/{key}{USERS}") == 200
    assert status(f"/%6b/{key}{USERS}") == 200
    assert status(f"/k/{key}/api/nowhere") == 404
    assert status(f"/k/{key}x{USERS}") == 401
    # The secret of a gateway's webhook stands in its address too.
    secret = f"1-{'0a75fc83' * 5}"
    client.request("POST", f"/webhooks/evolution/{secret}", b"{}")
    forged = client.getresponse()
    assert (forged.status, forged.read()) == (403, b"forbidden")
    client.close()
    plain = http.client.HTTPConnection("127.0.0.1", stack.http_port, timeout=20)
    plain.request("GET", f"/k/{key}{USERS}")
    assert plain.getresponse().status == proxy.redirects
    plain.close()
    # Without a host it is no request, which the proxy itself refuses.
    refused = stack.connect()
    refused.putrequest("GET", f"/k/{key}{USERS}", skip_host=True)
    refused.endheaders()
    assert refused.getresponse().status == 400
    refused.close()
    # So large that the proxy or the centre closes the connection, which the proxy logs
    # as an error.
    cut = stack.connect()
    with contextlib.suppress(OSError, http.client.HTTPException):
        cut.request("POST", f"/k/{key}{SEND}", b"x" * (200 * MiB), {"X-Api-Key": key})
        assert cut.getresponse().status in (413, 502)
    cut.close()
    stack.ask("GET", f"{USERS}?marked")
    logs = {path: path.read_text() for path in stack.folder.rglob("*.log")}
    for named in (key, secret):
        assert [path.name for path, text in logs.items() if named in text] == []
    assert "marked" in proxy.logs(stack.folder)
