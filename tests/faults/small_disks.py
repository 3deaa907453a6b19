"""Disks of a few megabytes in memory (tmpfs) that a test can fill up."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

MiB = 2**20


class SmallDisk:
    """A small file system mounted at that folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ballast = folder / "ballast"

    def fill(self) -> None:
        """Fills the disk to the last byte."""
        with self.ballast.open("ab", buffering=0) as file:
            for size in (MiB, 4096, 1):
                with contextlib.suppress(OSError):
                    while file.write(bytes(size)):
                        pass

    def clear(self) -> None:
        self.ballast.unlink(missing_ok=True)

    def files(self) -> list[Path]:
        every = (path for path in self.folder.rglob("*") if path.is_file())
        return sorted(path for path in every if path != self.ballast)


@contextlib.contextmanager
def small_disk(folder: Path, size: int, owner: int = 0) -> Iterator[SmallDisk]:
    """Mounts a file system of `size` MiB; skips the test if that is not possible."""
    if os.geteuid() != 0:
        pytest.skip("only root mounts a disk of its own")
    folder.mkdir(parents=True, exist_ok=True)
    options = f"size={size}m,mode=0700,uid={owner}"
    mount = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
    done = subprocess.run(mount, check=False, capture_output=True, text=True)
    if done.returncode != 0:
        pytest.skip(f"no disk can be mounted here: {done.stderr.strip()}")
    try:
        yield SmallDisk(folder)
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
