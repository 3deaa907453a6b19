"""Child processes end when their parent does, without help of the kernel."""

from __future__ import annotations

import signal
import subprocess
import sys

from hci_center.local.parent_death import Watch

SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]


def test_a_child_ends_when_the_pipe_of_its_parent_closes():
    watch = Watch(needed=True)
    with subprocess.Popen(SLEEP) as watched, subprocess.Popen(SLEEP) as let_go:
        watch.add(watched.pid, signal.SIGKILL)
        watch.add(let_go.pid, signal.SIGKILL)
        watch.remove(let_go.pid)
        watch.close()
        assert watched.wait(10) == -signal.SIGKILL
        assert let_go.poll() is None
        let_go.kill()
