"""An ordinary user can run the one-command server."""

from __future__ import annotations

import os
import pwd
import shutil
import site
import sys
import tempfile
from pathlib import Path

import pytest

from hci_center.local.os_user import Account
from tests.local.installation import ROOT, Installation


def nobody():
    entry = pwd.getpwnam("nobody")
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def python_for(account, folder):
    """Returns this interpreter, or a copy of it that the account can run."""
    python = Path(sys.executable).resolve()
    # A copy in a virtual environment without access to its home uses the library of
    # another Python, for which the packages are not built.
    same = f"import sys; sys.exit(sys.version != {sys.version!r})"
    if not account.can(str(python), "-c", same):
        python = Path(sys.base_prefix, "bin", python.name).resolve()
        base = Path(sys.base_prefix)
        try:
            shutil.copytree(
                base,
                folder / "python",
                symlinks=True,
                copy_function=os.link,
                ignore=shutil.ignore_patterns("site-packages", "test"),
            )
        except (OSError, shutil.Error):
            pytest.skip("this Python is out of the reach of an ordinary user")
        python = folder / "python" / python.relative_to(base)
    packages = site.getsitepackages()[0]
    if not account.can(str(python), "-c", f"import os; os.listdir({packages!r})"):
        pytest.skip("the packages are out of the reach of an ordinary user")
    return str(python), packages


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_an_ordinary_user_starts_it():
    account = nobody()
    if not account.reaches(ROOT):
        pytest.skip("this checkout is out of the reach of an ordinary user")
    folder = Path(tempfile.mkdtemp(prefix="hci-test-"))
    os.chown(folder, account.uid, account.gid)
    python, packages = python_for(account, folder)
    installation = Installation(
        folder,
        [python],
        account.uid,
        HCI_DEMO="0",
        HOME="/",
        PYTHONPATH=packages,
        LD_LIBRARY_PATH=str(Path(python).parent.parent / "lib"),
    )
    try:
        installation.start()
        assert "manage.py createsuperuser" in installation.said()
        assert installation.state() == "ok"
        assert installation.home() == installation.data
        owners = {
            Path(f"/proc/{pid}").stat().st_uid for pid in installation.processes()
        }
        assert owners == {account.uid}
        assert installation.shell("SELECT current_user") == "hci"
        assert installation.query("SELECT 1") == 1  # as root, too
        assert installation.stop() == 0
        assert installation.processes() == {}
    finally:
        installation.process.kill()
        installation.process.wait()
        shutil.rmtree(folder, ignore_errors=True)
