"""One deployment for all tests of the folder, where its programs are installed."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.deploy.servers import Servers, missing_programs
from tests.deploy.stack import Stack

ASKED = "HCI_TEST_DEPLOY"


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    if not os.environ.get(ASKED):
        pytest.skip("bin/deployment-test runs it")
    if missing := missing_programs():
        pytest.skip(f"these programs are not installed: {', '.join(missing)}")
    folder = tmp_path_factory.mktemp("stack")
    # PostgreSQL runs as another user, who must reach its folder.
    for parent in (folder, *list(folder.parents)[:3]):
        parent.chmod(parent.stat().st_mode | 0o711)
    (folder / "servers").mkdir()
    servers = Servers(folder / "servers")
    built = Stack(folder, servers)
    try:
        servers.start()
        built.start()
        yield built
    except BaseException:
        print(built.logs())  # noqa: T201 - shown with the failure
        raise
    finally:
        built.stop()
        servers.stop()
