"""Fixtures: one deployment for all tests, behind each installed proxy."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deploy.image import ImageStack
from tests.deploy.proxies import PROXIES, Proxy
from tests.deploy.servers import Servers, is_installed, missing_programs
from tests.deploy.stack import Stack

ASKED, IMAGE = "HCI_TEST_DEPLOY", "HCI_TEST_IMAGE"


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    if not os.environ.get(ASKED):
        pytest.skip("bin/deployment-test runs it")
    if missing := missing_programs():
        pytest.skip(f"these programs are not installed: {', '.join(missing)}")
    # Not in pytest's own folder, which each run closes to other users again: PostgreSQL
    # and Redis run as another user.
    folder = Path(tempfile.mkdtemp(prefix="hci-deploy-"))
    folder.chmod(0o711)
    (folder / "servers").mkdir()
    servers = Servers(folder / "servers")
    built: Stack
    if image := os.environ.get(IMAGE):
        built = ImageStack(folder, servers, Path(image))
    else:
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
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session", params=PROXIES, ids=lambda proxy: proxy.name)
def proxy(request: pytest.FixtureRequest, stack: Stack) -> Iterator[Proxy]:
    """Each proxy in turn, on the same port in front of the same processes."""
    used: Proxy = request.param
    if not is_installed(used.name):
        pytest.skip(f"{used.name} is not installed")
    try:
        used.start(stack)
        yield used
    finally:
        stack.servers.stop_proxy(used.name)
