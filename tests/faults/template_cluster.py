"""The migrated database cluster that every installation here is a copy of.

Making one takes longer than most of these tests: the first worker that needs it does,
the others wait for it.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from hci_center.local.server_dirs import ServerDirs
from tests.faults.centre import Centre
from tests.faults.delivering import Post
from tests.template_database import dump_in


def template_cluster(folder: Path) -> Path:
    """Returns the template's path; `folder` is the run's, the same for all workers."""
    cluster = folder / "cluster"
    with (folder / "cluster.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not cluster.exists():
            _make(cluster, folder / "cluster-data", dump_in(folder))
    return cluster


def copy_cluster(template: Path, home: ServerDirs) -> None:
    """Copies the cluster into an installation that has not started yet."""
    subprocess.run(
        ["/bin/cp", "-a", str(template), str(home.cluster)], check=True, timeout=60
    )


def installation(
    tmp_path_factory: pytest.TempPathFactory, template: Path, name: str
) -> Iterator[Post]:
    """Yields a database with the schema, for the tests of a module."""
    data = tmp_path_factory.mktemp(name) / "data"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HCI_DATA_DIR", str(data))
        made = Post(data)
        try:
            copy_cluster(template, made.home)
            made.start()
            yield made
        finally:
            made.stop()


@contextmanager
def installed_centre(
    tmp_path_factory: pytest.TempPathFactory, template: Path, name: str
) -> Iterator[Centre]:
    """Yields a centre with the schema, not started yet; stops it afterwards."""
    data = tmp_path_factory.mktemp(name) / "data"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HCI_DATA_DIR", str(data))
        built = Centre(data)
        try:
            copy_cluster(template, built.home)
            yield built
        finally:
            built.stop()


def _make(cluster: Path, data: Path, dump: Path) -> None:
    # It may have been left by a worker that was killed.
    shutil.rmtree(data, ignore_errors=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HCI_DATA_DIR", str(data))
        post = Post(data)
        try:
            post.start(dump if dump.exists() else None)
            # A fast shutdown, so that copies are consistent.
            os.kill(post.server.pid, signal.SIGINT)
            assert post.server.wait(60) == 0
            unfinished = cluster.with_name("cluster.new")
            shutil.rmtree(unfinished, ignore_errors=True)
            shutil.move(post.home.cluster, unfinished)
            unfinished.rename(cluster)
        finally:
            post.stop()
