"""The examples of docs/feed.md run, and do what they say."""

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
# Its second reading fails, as when the web restarts in the middle.
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
    """A program, and the lines that it says."""

    def __init__(self, *command: str) -> None:
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.lines: Queue[str] = Queue()
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self.lines.put(line.strip())

    def says(self, wanted: str) -> list[str]:
        """All lines until the wanted one, with it."""
        said: list[str] = []
        while not said or said[-1] != wanted:
            said.append(self.lines.get(timeout=PATIENCE))
        return said

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()
        self.reader.join()
        assert self.process.stdout
        self.process.stdout.close()


@pytest.mark.parametrize("language", ["js", "python"])
def test_an_example_is_read_at_a_glance(language: str) -> None:
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


def test_the_example_in_python_hears_all_through_a_restart(
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
    program.says("read 1")
    place = f"{manager.number} {contact.public_id}"
    for name in ("Ana", "Bia", "Caio"):
        Contact.objects.filter(pk=contact.pk).update(name=name)
        assert program.says(f"U {place} {name}") == [f"U {place} {name}"]
        if name == "Bia":
            feed.restart_server()
    Contact.objects.filter(pk=contact.pk).update(deleted_at="2026-01-01T00:00Z")
    program.says(f"D {place} None")


@pytest.mark.skipif(
    not shutil.which("node"), reason="the browser's language needs Node"
)
def test_the_example_for_browsers_hears_all_through_a_restart(
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
    program.says(contact.name)
    builders.make_contact(manager, name="Zulmira")
    program.says(f"{contact.name},Zulmira")
    feed.restart_server()
    Contact.objects.filter(pk=contact.pk).update(deleted_at="2026-01-01T00:00Z")
    program.says("Zulmira")
    # All that it holds is void; reading anew fails once, and it comes back for it.
    with connection.cursor() as cursor:
        cursor.execute("SELECT change_new_epoch()")
    builders.make_contact(manager, name="Aurora")
    program.says("Aurora,Zulmira")
