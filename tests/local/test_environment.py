"""bin/environment.py creates .venv, and deletes nothing behind a link."""

import shutil
import subprocess
import sys

import pytest
from django.conf import settings


@pytest.fixture
def checkout(tmp_path):
    """A checkout without packages to install."""
    root = tmp_path / "checkout"
    (root / "bin").mkdir(parents=True)
    shutil.copy(settings.BASE_DIR / "bin" / "environment.py", root / "bin")
    (root / "requirements.txt").write_text("")
    return root


def run(root):
    return subprocess.run(
        [sys.executable, root / "bin" / "environment.py", "requirements.txt"],
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.mark.parametrize("content", ["unfinished", "kept"])
def test_a_link_to_another_environment_is_not_cleared(checkout, tmp_path, content):
    other = tmp_path / "other"
    other.mkdir()
    (other / content).write_text("of another checkout")
    (checkout / ".venv").symlink_to(other)
    ended = run(checkout)
    assert ended.returncode == 1
    assert ended.stderr.splitlines()[-1] == (
        f".venv is a symbolic link to {other} and is not cleared: remove the link, and "
        "the next start makes a .venv here."
    )
    assert (other / content).read_text() == "of another checkout"


def test_a_broken_link_is_refused(checkout, tmp_path):
    (checkout / ".venv").symlink_to(tmp_path / "gone")
    ended = run(checkout)
    assert ended.returncode == 1
    assert ".venv is a symbolic link to" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert not (tmp_path / "gone").exists()
