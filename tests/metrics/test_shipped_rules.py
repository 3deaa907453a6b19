"""The dashboard and the alerts only use metrics that running processes expose."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from urllib.error import URLError
from urllib.request import Request, urlopen

import pytest
import yaml
from django.conf import settings
from django.db import connection
from prometheus_client.parser import text_string_to_metric_families

from tests.attacks.servers import Server
from tests.feed.processes import METRICS_KEY, database_url, wait_until
from tests.ports import free_port

DEPLOY = settings.BASE_DIR / "deploy"
NAME = re.compile(r"\b(?:hci|process)_[a-z_]+")
SUFFIX = re.compile(r"_(?:bucket|count|sum|total)$")


def rules():
    text = (DEPLOY / "prometheus" / "alerts.yml").read_text()
    [group] = yaml.safe_load(text)["groups"]
    return group["rules"]


def panels():
    text = (DEPLOY / "grafana" / "hci-whats-center.json").read_text()
    return [each for each in json.loads(text)["panels"] if each["type"] != "row"]


def scraped(port):
    asked = Request(
        f"http://127.0.0.1:{port}/metrics",
        headers={"Authorization": f"Bearer {METRICS_KEY}"},
    )
    try:
        with urlopen(asked, timeout=10) as answer:  # noqa: S310 - http
            return answer.read().decode()
    except URLError:
        return ""


@pytest.fixture
def exposed(running_feed, tmp_path):
    """Returns the metrics of a web, a feed, a relay and a worker process."""
    environment = {
        "DATABASE_URL": database_url(connection.settings_dict),
        "HCI_METRICS_KEY": METRICS_KEY,
    }
    web = Server(
        tmp_path / "web",
        "hci_center.webserver.server",
        HCI_PORT="{port}",
        **environment,
    )
    port = free_port()
    worker = subprocess.Popen(
        [sys.executable, "manage.py", "deliver_messages"],
        cwd=settings.BASE_DIR,
        env=running_feed.environment
        | environment
        | {"HCI_WORKER_METRICS_PORT": str(port)},
    )
    try:
        relay = int(running_feed.environment["HCI_RELAY_METRICS_PORT"])
        for each in (port, relay):
            wait_until(lambda port=each: scraped(port))
        yield {
            name: scraped(number)
            for name, number in (
                ("web", web.port),
                ("feed", running_feed.port),
                ("relay", relay),
                ("worker", port),
            )
        }
    finally:
        worker.kill()
        worker.wait()
        web.stop()


@pytest.mark.django_db(transaction=True)
def test_every_used_metric_exists(exposed):
    there = {
        name
        for text in exposed.values()
        for family in text_string_to_metric_families(text)
        for name in (family.name, f"{family.name}_total")
    }
    asked = [rule["expr"] for rule in rules()]
    asked += [target["expr"] for panel in panels() for target in panel["targets"]]
    names = {name for expression in asked for name in NAME.findall(expression)}
    assert len(names) > 40
    missing = {
        name
        for name in names
        if name not in there and SUFFIX.sub("", name) not in there
    }
    assert missing == set()


def test_every_alert_has_a_severity_and_is_in_both_manuals():
    found = [rule["alert"] for rule in rules()]
    assert len(found) == len(set(found)) > 20
    for rule in rules():
        assert rule["labels"]["severity"] in ("critical", "warning")
        assert rule["annotations"]["summary"]
    for page in ("operations.md", "operations.pt-BR.md"):
        text = (settings.BASE_DIR / "docs" / page).read_text()
        assert [name for name in found if f"`{name}`" not in text] == []
