"""The order of the tests that share a centre, and the cluster that all start from."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from hci_center.demo.gateways.controller import FakeController
from tests.faults.template_cluster import template_cluster

# It waits for a time to be over, which the others of its module pass as well.
LAST = "test_a_socket_stays_open_through_a_minute_of_silence"


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    modules = {item.path: place for place, item in reversed(list(enumerate(items)))}
    items.sort(key=lambda item: (modules[item.path], item.name == LAST))


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The template of the run, with the schema."""
    folder = tmp_path_factory.getbasetemp()
    is_shared = "PYTEST_XDIST_WORKER" in os.environ
    return template_cluster(folder.parent if is_shared else folder)


@pytest.fixture
def controller() -> Iterator[FakeController]:
    with FakeController() as fake:
        yield fake
