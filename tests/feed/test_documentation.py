"""The examples of docs/feed.md run and work as documented."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from queue import Queue
from typing import Any

import pytest
from django.conf import settings
from django.db import connection

from contacts.models import Contact
from tests import builders
from tests.feed.processes import Feed

PAGE = (Path(settings.BASE_DIR) / "docs" / "feed.md").read_text()
PATIENCE = 30
MOST_LINES = 41
# The second request of the state fails, as during a restart of the web process.
AROUND_THE_SCRIPT = """
import { follow } from "./follow.mjs";
const [base, key] = process.argv.slice(2);
const through = globalThis.fetch;
let readings = 0;
globalThis.fetch = async (url, options) => {
  if (url.endsWith("/api/user/") && ++readings === 2) throw new Error("no way");
  return through(url, options);
};
const held = new Map();
follow(base, { Authorization: `Api-Key ${key}` }, held, () => {
  console.log([...held.values()].map((row) => row.name).sort().join(","));
});
"""


def example(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    assert found
    return found[1]


class Running:
    """A running program and the lines that it prints."""

    def __init__(self, *command: str) -> None:
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.lines: Queue[str] = Queue()
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self.lines.put(line.strip())

    def read_until(self, wanted: str) -> list[str]:
        """Returns all lines up to and including the wanted one."""
        lines: list[str] = []
        while not lines or lines[-1] != wanted:
            lines.append(self.lines.get(timeout=PATIENCE))
        return lines

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()
        self.reader.join()
        assert self.process.stdout
        self.process.stdout.close()


@pytest.mark.parametrize("language", ["js", "python"])
def test_an_example_is_short(language: str) -> None:
    assert len(example(language).splitlines()) <= MOST_LINES


@pytest.fixture
def run() -> Iterator[Any]:
    started: list[Running] = []

    def start(*command: str) -> Running:
        started.append(Running(*command))
        return started[-1]

    yield start
    for program in started:
        program.stop()


def test_the_python_example_receives_all_events_through_a_restart(
    feed: Feed,
    live_server: Any,
    manager: Any,
    contact: Contact,
    run: Any,
    tmp_path: Path,
) -> None:
    script = tmp_path / "follow.py"
    script.write_text(example("python"))
    program = run(
        sys.executable, str(script), live_server.url, builders.make_key(manager)
    )
    program.read_until("read 1")
    prefix = f"{manager.number} {contact.public_id}"
    for name in ("Ana", "Bia", "Caio"):
        Contact.objects.filter(pk=contact.pk).update(name=name)
        assert program.read_until(f"U {prefix} {name}") == [f"U {prefix} {name}"]
        if name == "Bia":
            feed.restart_server()
    Contact.objects.filter(pk=contact.pk).update(deleted_at="2026-01-01T00:00Z")
    program.read_until(f"D {prefix} None")


@pytest.mark.skipif(
    not shutil.which("node"), reason="the browser's language needs Node"
)
def test_the_browser_example_receives_all_events_through_a_restart(
    feed: Feed,
    live_server: Any,
    manager: Any,
    contact: Contact,
    run: Any,
    tmp_path: Path,
) -> None:
    (tmp_path / "follow.mjs").write_text(example("js"))
    page = tmp_path / "page.mjs"
    page.write_text(AROUND_THE_SCRIPT)
    key = builders.make_key(manager)
    node = ("node", "--no-warnings", "--experimental-websocket")
    program = run(*node, str(page), live_server.url, key)
    program.read_until(contact.name)
    builders.make_contact(manager, name="Zulmira")
    program.read_until(f"{contact.name},Zulmira")
    feed.restart_server()
    Contact.objects.filter(pk=contact.pk).update(deleted_at="2026-01-01T00:00Z")
    program.read_until("Zulmira")
    # A reset invalidates its data; the first request of the state fails and is retried.
    with connection.cursor() as cursor:
        cursor.execute("SELECT change_new_epoch()")
    builders.make_contact(manager, name="Aurora")
    program.read_until("Aurora,Zulmira")
