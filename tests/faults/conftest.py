"""Fixtures of the fault tests, and the order of the tests that share a centre."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from hci_center.demo.gateways.controller import FakeController
from tests.faults.delivering import Post
from tests.faults.template_cluster import installation, template_cluster
from tests.template_database import dump_database, dump_in

# It waits for a fixed time, in which the others of its module can run.
LAST = "test_a_socket_stays_open_through_a_minute_of_silence"


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    last = [item for item in items if item.name == LAST]
    for item in last:
        file = item.nodeid.partition("::")[0]
        of_file = [one.nodeid.startswith(f"{file}::") for one in items]
        place = len(items) - of_file[::-1].index(True)
        items.insert(place, item)
        items.remove(item)


@pytest.fixture(scope="session")
def cluster(
    django_db_setup: None,
    django_db_blocker: Any,
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """The run's template cluster; the worker's database is created first."""
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        return template_cluster(folder.parent)
    # Without this, the tests' database may not exist.
    if connection.settings_dict["NAME"].startswith("test_"):
        with django_db_blocker.unblock():
            dump_database(dump_in(folder))
    return template_cluster(folder)


@pytest.fixture
def controller() -> Iterator[FakeController]:
    with FakeController() as fake:
        yield fake


@pytest.fixture(scope="module")
def fake() -> Iterator[FakeController]:
    """A fake controller for all tests of a module."""
    with FakeController() as fake:
        yield fake


@pytest.fixture(scope="module")
def installed(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    cluster: Path,
) -> Iterator[Post]:
    """A database with the schema, for all tests of a module."""
    name = request.path.stem.removeprefix("test_")
    yield from installation(tmp_path_factory, cluster, name)


@pytest.fixture
def post(installed: Post, controller: FakeController) -> Iterator[Post]:
    """A database with a controller; workers and rows are removed after each test."""
    installed.environment["HCI_CONTROLLER_URL"] = controller.url
    yield installed
    installed.clear()
