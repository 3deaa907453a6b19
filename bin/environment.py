"""Makes .venv fit a requirements file: `python3 bin/environment.py requirements.txt`.

Does nothing, and asks no package index, when that was done before. Two at once wait
for each other. An environment that was interrupted half-way is made anew.
One that is reached over a symbolic link is another's, and never cleared.
Runs on the bare interpreter, so it uses the standard library alone.
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


def named_by(name):
    """The file, and all that it includes."""
    names = [name]
    for line in (ROOT / name).read_text().splitlines():
        if line.startswith("-r "):
            names += named_by(line[3:].strip())
    return names


def state_of(name):
    """What an environment for the file is made from."""
    parts = [sys.version, *((ROOT / each).read_text() for each in named_by(name))]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def fits(name):
    stamp = VENV / f"{name}.stamp"
    return (
        not UNFINISHED.exists()
        and PYTHON.exists()
        and stamp.exists()
        and stamp.read_text() == state_of(name)
    )


def make(name):
    sys.stderr.write(f"Setting up .venv from {name} (about a minute) ...\n")
    pip = [PYTHON, "-m", "pip", "--disable-pip-version-check", "--no-input", "-qq"]
    if UNFINISHED.exists() or not PYTHON.exists() or not works([*pip, "--version"]):
        refuse_link()
        venv.create(VENV, clear=True, with_pip=True)
    UNFINISHED.touch()
    subprocess.run([*pip, "install", "-r", ROOT / name], check=True)
    for each in named_by(name):
        (VENV / f"{each}.stamp").write_text(state_of(each))
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
    name = sys.argv[1]
    if fits(name):
        return
    lock = os.open(ROOT, os.O_RDONLY)
    fcntl.flock(lock, fcntl.LOCK_EX)
    if not fits(name):
        make(name)


if __name__ == "__main__":
    try:
        main()
    except subprocess.CalledProcessError:
        sys.exit(
            "The virtual environment could not be made; see above. On Debian it "
            "needs the package python3-venv."
        )
