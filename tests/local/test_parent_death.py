"""What ends our children when we are gone and the kernel does not see to it."""

from __future__ import annotations

import signal
import subprocess
import sys

from hci_center.local.parent_death import Watch

SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]


def test_who_is_watched_ends_with_the_watched_pipe():
    watch = Watch(needed=True)
    with subprocess.Popen(SLEEP) as watched, subprocess.Popen(SLEEP) as let_go:
        watch.add(watched.pid, signal.SIGKILL)
        watch.add(let_go.pid, signal.SIGKILL)
        watch.remove(let_go.pid)
        watch.close()
        assert watched.wait(10) == -signal.SIGKILL
        assert let_go.poll() is None
        let_go.kill()
