"""An older version beside this one, on this one's database, while parts are killed.

HCI_OLDER_VERSION=COMMIT bin/faults tests/faults/test_two_versions.py
"""

from __future__ import annotations

import asyncio
import os
import subprocess
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest

from hci_center.demo.gateways.controller import FakeController
from tests.counts import count
from tests.faults.calling import Callers, customers
from tests.faults.centre import ROOT, Centre
from tests.faults.feeding import Verdict, kill_and_judge
from tests.faults.template_cluster import copy_cluster
from tests.faults.test_database_deaths import check, more

OLDER = os.environ.get("HCI_OLDER_VERSION", "")
ROUNDS = count(1, full=4)
EACH_ROUND = 6.0
CONTACTS = 3
# A killed process is replaced by one of the other version.
DEATHS = [
    moment
    for n in range(ROUNDS)
    for moment in (
        (EACH_ROUND * n + 1.0, ["relay"]),
        (EACH_ROUND * n + 2.0, ["feed"]),
        (EACH_ROUND * n + 3.0, ["web"]),
        (EACH_ROUND * n + 4.0, ["worker", "relay", "feed"]),
    )
]

pytestmark = pytest.mark.skipif(not OLDER, reason="HCI_OLDER_VERSION names no commit")


class MixedCentre(Centre):
    """Its processes run the older code and this one in turn, by name."""

    def __init__(self, data: Path, older: Path) -> None:
        super().__init__(data)
        self.older = older
        self._turns: dict[str, Iterator[Path]] = {}
        self._name = ""

    def code(self) -> Path:
        turns = self._turns.setdefault(self._name, cycle([self.older, ROOT]))
        return next(turns)

    def _start(self, name: str, **more: str) -> subprocess.Popen[bytes]:
        self._name = name
        return super()._start(name, **more)


@pytest.fixture(scope="module")
def older(tmp_path_factory: Any) -> Iterator[Path]:
    """Returns the older version's files, with the libraries of this one."""
    folder = tmp_path_factory.mktemp("older") / "code"
    git = ["git", "-C", str(ROOT), "worktree"]
    subprocess.run([*git, "add", "--detach", "-q", str(folder), OLDER], check=True)
    yield folder
    subprocess.run([*git, "remove", "--force", str(folder)], check=True)


@pytest.fixture(scope="module")
def centre(
    tmp_path_factory: Any, cluster: Path, older: Path, fake: FakeController
) -> Iterator[MixedCentre]:
    data = tmp_path_factory.mktemp("mixed") / "data"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HCI_DATA_DIR", str(data))
        built = MixedCentre(data, older)
        built.environment["HCI_CONTROLLER_URL"] = fake.url
        try:
            copy_cluster(cluster, built.home)
            built.start()
            built.revive(["worker", "worker"])
            yield built
        finally:
            built.stop()


@pytest.mark.timeout(600)
def test_both_versions_lose_nothing(centre: MixedCentre, fake: FakeController) -> None:
    """Events reach every socket once, messages their gateway, steps are counted."""
    callers = Callers(centre.web_port, centre.shell(customers(5511400033333, 8095, 3)))
    callers.start()
    verdict = asyncio.run(
        kill_and_judge(centre, "versions", DEATHS, EACH_ROUND * ROUNDS + 2)
    )
    more(callers, 3 * CONTACTS)
    callers.stop()
    # Calls interrupted by the kill of a web process got no response, and were repeated.
    assert [one for one in callers.wrong if not isinstance(one, str)] == []
    callers.wrong.clear()
    unanswered = callers.statuses.pop(0, 0)
    check(centre, callers, fake)
    assert verdict.written > 50
    assert verdict == Verdict(verdict.written)
    print(  # noqa: T201 - read by people, with pytest's -rP
        f"{OLDER} beside this version, {sum(len(names) for _at, names in DEATHS)} kills:"
        f" {verdict.written} events, 0 lost, 0 doubled, 0 out of order;"
        f" {callers.acknowledged} calls acknowledged, {unanswered} cut off,"
        f" {dict(callers.statuses)}, slowest answer {callers.slowest:.1f} s"
    )
