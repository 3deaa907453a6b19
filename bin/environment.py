"""Installs requirements files in .venv: `python3 bin/environment.py requirements.txt`.

Does nothing, and contacts no package index, if that was done before. Concurrent runs
wait for each other. An incomplete environment is recreated; one behind a symbolic link
belongs to somebody else, and is never cleared. Only uses the standard library, because
it runs before anything is installed.
"""

import fcntl
import hashlib
import os
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
UNFINISHED = VENV / "unfinished"


def pins(name):
    """The packages that the file names, each with its version."""
    lines = (ROOT / name).read_text().splitlines()
    return {line.split(" ")[0] for line in lines if line[:1].isalnum()}


def state_of(name):
    """The inputs that determine an environment for the file."""
    made_from = sys.version + (ROOT / name).read_text()
    return hashlib.sha256(made_from.encode()).hexdigest()


def fits(name):
    stamp = VENV / f"{name}.stamp"
    return (
        not UNFINISHED.exists()
        and PYTHON.exists()
        and stamp.exists()
        and stamp.read_text() == state_of(name)
    )


def make(names):
    sys.stderr.write(
        f"Setting up .venv from {' and '.join(names)} (about a minute) ...\n"
    )
    pip = [PYTHON, "-m", "pip", "--disable-pip-version-check", "--no-input", "-qq"]
    if UNFINISHED.exists() or not PYTHON.exists() or not works([*pip, "--version"]):
        refuse_link()
        venv.create(VENV, clear=True, with_pip=True)
    UNFINISHED.touch()
    files = [part for name in names for part in ("-r", ROOT / name)]
    subprocess.run([*pip, "install", "--require-hashes", *files], check=True)
    installed = {pin for name in names for pin in pins(name)}
    for path in ROOT.glob("requirements*.txt"):
        # A file whose packages are a subset fits as well.
        if pins(path.name) <= installed:
            (VENV / f"{path.name}.stamp").write_text(state_of(path.name))
    UNFINISHED.unlink()


def refuse_link():
    if VENV.is_symlink():
        sys.exit(
            f".venv is a symbolic link to {os.readlink(VENV)} and is not cleared: "
            "remove the link, and the next start makes a .venv here."
        )


def works(command):
    try:
        return subprocess.run(command, capture_output=True).returncode == 0
    except OSError:
        return False


def main():
    names = sys.argv[1:]
    if all(map(fits, names)):
        return
    lock = os.open(ROOT, os.O_RDONLY)
    fcntl.flock(lock, fcntl.LOCK_EX)
    if not all(map(fits, names)):
        make(names)


if __name__ == "__main__":
    try:
        main()
    except subprocess.CalledProcessError:
        sys.exit(
            "The virtual environment could not be made; see above. On Debian it "
            "needs the package python3-venv."
        )
