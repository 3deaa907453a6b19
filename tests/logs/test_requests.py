"""Each request has a log line, an id in its response, and metrics."""

from __future__ import annotations

import json
import os
import re

import pytest
from django.db import connection
from prometheus_client.parser import text_string_to_metric_families

from hci_center.logs import requests
from managers.models import KeyDay
from tests import builders
from tests.attacks.servers import Server, answer_of, wait_until
from tests.feed.processes import database_url

METRICS_KEY = "key-of-the-metrics"


@pytest.fixture(scope="module")
def running(tmp_path_factory, django_db_setup):
    log = tmp_path_factory.mktemp("web") / "log"
    server = Server(
        log,
        "hci_center.webserver.server",
        HCI_PORT="{port}",
        HCI_LOG_FORMAT="json",
        HCI_METRICS_KEY=METRICS_KEY,
        DATABASE_URL=database_url(connection.settings_dict),
    )
    yield server
    server.stop()


@pytest.fixture
def web(running):
    yield running
    running.hang_up()


def line_of(web, request_id):
    """Returns the line of that request, which is written a moment later."""
    found = []

    def is_there():
        for text in web.log.read_text().splitlines():
            if text.startswith("{"):
                line = json.loads(text)
                if line.get("request_id") == request_id:
                    found.append(line)
        return bool(found)

    wait_until(is_there)
    [line] = found
    return line


def metrics(web, key=METRICS_KEY):
    status, _headers, body = web.ask(
        "GET", "/metrics", headers={"Authorization": f"Bearer {key}"} if key else {}
    )
    return status, body.decode()


@pytest.mark.django_db(transaction=True)
def test_a_call_is_one_line_with_its_route_and_ids(web):
    manager = builders.make_bakery()
    contact = builders.make_contact(manager, external_id="5511987654321")
    key = builders.make_key(manager)
    body = {"number": manager.number, "content": "canary"}
    path = f"/api/user/session?number={contact.external_id}&x=canary"
    status, headers, _ = web.ask(
        "POST",
        path,
        json.dumps(body),
        {
            "Authorization": f"Api-Key {key}",
            "Content-Type": "application/json",
            "X-Request-Id": "proxy-1.A_b",
        },
    )
    assert status == 200
    assert headers["X-Request-Id"] == "proxy-1.A_b"
    line = line_of(web, "proxy-1.A_b")
    assert (line["method"], line["route"], line["status"]) == (
        "POST",
        "/api/user/session",
        status,
    )
    assert re.fullmatch(r"key:\d+", line["caller"])
    assert line["duration_ms"] >= line["database_ms"] > 0
    assert line["statements"] >= 1
    log = web.log.read_text()
    assert "canary" not in log
    assert contact.external_id not in log
    assert key not in log


@pytest.mark.django_db(transaction=True)
def test_a_key_in_the_path_is_in_no_line_and_no_metric(web):
    manager = builders.make_bakery()
    key = builders.make_key(manager, in_path=True, networks=["127.0.0.1"])
    wrong = f"{key[:-9]}forgotten"
    for given, status in ((key, 200), (wrong, 401)):
        path, sent = f"/k/{given}/api/user/session", {"number": manager.number}
        json_type = {"Content-Type": "application/json"}
        answered, headers, body = web.ask("POST", path, json.dumps(sent), json_type)
        assert answered == status
        assert line_of(web, headers["X-Request-Id"])["route"] == "/api/user/session"
        large = web.ask("POST", path, b"x" * (2**21 + 1))
        assert large[0] == 413
        for text in (web.log.read_text(), metrics(web)[1], *map(str, (body, large))):
            assert given[13:] not in text


@pytest.mark.parametrize(
    ("ask", "status", "route"),
    [
        (("GET", "/api/nothing/5511987654321"), 404, "unmatched"),
        (("GET", "/nothing"), 404, "unmatched"),
        (("GET", "/api/user/"), 401, "/api/user/"),
        (("GET", "/admin/login/"), 200, "/admin/login/"),
        (("PATCH", "/api/user/"), 405, "/api/user/"),
        (("POST", "/api/user/", b"x" * 2**21 + b"x"), 413, "/api/user/"),
    ],
)
def test_every_response_has_an_id_and_a_line(web, ask, status, route):
    answered, headers, _ = web.ask(*ask)
    assert answered == status
    line = line_of(web, headers["X-Request-Id"])
    assert (line["status"], line["route"]) == (status, route)


@pytest.mark.parametrize("given", ["", "a b", "é", "x" * 65, "a\tb", "<script>"])
def test_an_invalid_id_is_replaced(web, given):
    _, headers, _ = web.ask(
        "GET", "/api/user/", headers={"X-Request-Id": given.encode("latin-1")}
    )
    assert re.fullmatch(r"[0-9a-f]{16}", headers["X-Request-Id"])


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"nonsense\r\n\r\n", 400),
        (b"GET /api/user/ HTTP/1.1\r\nX-Request-Id: mine\r\nA: b c\x00\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n" + b"A: " + b"x" * 70_000 + b"\r\n\r\n", 431),
    ],
)
def test_a_refusal_outside_of_django_has_an_id_and_a_line(web, raw, status):
    sent = web.socket()
    sent.sendall(raw)
    answered, headers, _ = answer_of(sent)
    assert answered == status
    if b"X-Request-Id" in raw:
        assert headers["X-Request-Id"] == "mine"
    assert line_of(web, headers["X-Request-Id"])["status"] == status


def test_probes_have_an_id_but_no_line(web):
    _, headers, _ = web.ask("GET", "/healthz")
    _, after, _ = web.ask("GET", "/api/user/")
    assert line_of(web, after["X-Request-Id"])
    assert headers["X-Request-Id"] not in web.log.read_text()


def test_metrics_need_the_key(web):
    assert metrics(web, None)[0] == 401
    assert metrics(web, "another-key-of-the-metrics")[0] == 401
    assert metrics(web, "é")[0] == 401
    assert metrics(web)[0] == 200


def test_calls_are_counted_by_route_and_status(web):
    def count():
        families = text_string_to_metric_families(metrics(web)[1])
        return {
            (each.name, each.labels["status"]): each.value
            for family in families
            for each in family.samples
            if each.labels.get("route") == "/api/area/{controller_port}"
            or (
                each.labels.get("route", "").startswith("/api/area/")
                and "status" in each.labels
            )
        }

    before = count()
    for port in (1, 2, 3):
        web.ask("GET", f"/api/area/{port}")
    after = count()
    # One time series for all ports.
    assert len(after) == 1
    [(key, value)] = after.items()
    assert value - before.get(key, 0) == 3


def test_lines_that_cannot_be_written_are_dropped_and_counted():
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    lines = requests.LineWriter(writer)
    for _ in range(requests.MOST_WAITING * 3):
        lines.write(b"x" * 100)
    read = b""
    while b"were left out" not in read:
        try:
            read += os.read(reader, 2**20)
        except BlockingIOError:
            continue
    lines.close()
    os.close(writer)
    os.close(reader)


@pytest.mark.django_db(transaction=True)
def test_the_calls_of_a_key_are_written_when_the_process_ends(tmp_path):
    manager = builders.make_bakery()
    key = builders.make_key(manager)
    server = Server(
        tmp_path / "log",
        "hci_center.webserver.server",
        HCI_PORT="{port}",
        DATABASE_URL=database_url(connection.settings_dict),
    )
    for header in (f"Api-Key {key}", f"Api-Key {key}", "Api-Key hci_wrong"):
        server.ask("GET", "/api/user/", headers={"Authorization": header})
    server.process.terminate()
    server.process.wait(timeout=20)
    server.stop()
    assert KeyDay.objects.get().calls == 2
