"""The example of docs/hooks.md verifies what a real centre sends."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from django.conf import settings

from hci_center.feed.models import Hook
from managers import keys
from managers.models import Manager
from tests.areas.conftest import provision
from tests.feed.hooks.conftest import OTHER_SECRET, SECRET
from tests.feed.hooks.test_events import say
from tests.feed.processes import Feed, wait_until
from tests.feed.test_documentation import Running
from tests.ports import free_port

__all__ = ["provision"]  # a fixture

PAGE = (Path(settings.BASE_DIR) / "docs" / "hooks.md").read_text()


def example(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    assert found
    return found[1]


@pytest.fixture
def receive(tmp_path: Path) -> Iterator[Any]:
    """Runs the page's receiver with a secret; returns it and its address."""
    running: list[Running] = []

    def start(secret: str) -> tuple[Running, str]:
        script = tmp_path / "receive.py"
        script.write_text(example("python"))
        port = free_port()
        running.append(Running(sys.executable, str(script), str(port), secret))
        url = f"http://127.0.0.1:{port}/"
        wait_until(lambda: _answers(url))
        return running[-1], url

    yield start
    for program in running:
        program.stop()


def test_the_example_is_short() -> None:
    assert len([line for line in example("python").splitlines() if line]) <= 20


def _answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=5).status_code == 501
    except requests.ConnectionError:
        return False


def test_the_receiver_accepts_signed_events(
    feed: Feed, make_hook: Any, manager: Any, receive: Any
) -> None:
    program, url = receive(SECRET)
    make_hook(manager, url=url)
    say(manager, "the last")
    while "the last" not in program.lines.get(timeout=30):
        pass
    wait_until(lambda: Hook.objects.filter(sent_at__isnull=False).exists())


def test_the_receiver_refuses_another_secret(
    feed: Feed, make_hook: Any, manager: Any, receive: Any
) -> None:
    program, url = receive(OTHER_SECRET)
    make_hook(manager, url=url)
    say(manager, "the last")
    wait_until(lambda: Hook.objects.filter(error="http_401").exists())
    assert program.lines.empty()


def test_the_file_of_the_page_is_provisioned(provision: Any) -> None:
    [given] = json.loads(example("json"))["managers"]
    without = {name: given[name] for name in ("name", "number")}
    provision(without)
    keys.create_key("n8n", managers=[Manager.objects.get()])
    [printed] = provision(given)["managers"]
    assert printed["hooks"] == [{"key": "n8n", "url": "https://n8n.example/hook"}]
    assert Hook.objects.get().secret == SECRET
