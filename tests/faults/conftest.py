"""The order of the tests that share a centre."""

from __future__ import annotations

import pytest

# It waits for a time to be over, which the others of its module pass as well.
LAST = "test_a_socket_stays_open_through_a_minute_of_silence"


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    modules = {item.path: place for place, item in reversed(list(enumerate(items)))}
    items.sort(key=lambda item: (modules[item.path], item.name == LAST))
