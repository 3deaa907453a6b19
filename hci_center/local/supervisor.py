"""Keeps a few processes running and stops them in order."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType, TracebackType
from typing import IO, Any, Self

from hci_center.local.parent_death import Watch, bind_to_parent
from hci_center.local.paths import BASE_DIR

FIRST_PAUSE = 0.1
LONGEST_PAUSE = 10.0
# After this uptime in seconds, the restart delay is reset.
STABLE_SECONDS = 30.0
STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class StoppedError(BaseException):
    """A stop signal arrived during start-up."""


@dataclass(frozen=True)
class Process:
    """A process to keep running; higher stages stop first, one at a time."""

    name: str
    command: list[str]
    stage: int = 2
    stop_signal: signal.Signals = signal.SIGTERM
    stop_seconds: float = 10.0
    death_signal: signal.Signals = signal.SIGKILL
    log: Path | None = None
    popen: dict[str, Any] = field(default_factory=dict)


def spawn(process: Process, watch: Watch) -> subprocess.Popen[bytes]:
    """Starts the process, bound to our lifetime and detached from Ctrl-C."""
    out: IO[bytes] | None = process.log.open("ab") if process.log else None
    try:
        popen = subprocess.Popen(
            process.command,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
            # Safe: called by the main thread of a process without other threads.
            preexec_fn=bind_to_parent(process.death_signal),
            **{"cwd": BASE_DIR, **process.popen},
        )
    finally:
        if out is not None:
            out.close()
    watch.add(popen.pid, process.death_signal)
    return popen


class _Child:
    def __init__(self, process: Process) -> None:
        self.process = process
        self.popen: subprocess.Popen[bytes] | None = None
        self.started_at = 0.0
        self.due = 0.0
        self.pause = FIRST_PAUSE


class Supervisor:
    """Starts processes, restarts them when they end, stops them on a signal.

    Used as a context manager: on exit, all started processes are stopped. A stop signal
    raises StoppedError until `run` is called, which then returns.
    """

    def __init__(self, say: Callable[[str], None]) -> None:
        self.say = say
        self.stopping = False
        self.stopped_by: int | None = None
        self._starting = True
        self._children: list[_Child] = []

    def __enter__(self) -> Self:
        self._watch = Watch()
        self._awake, self._wake = os.pipe()
        os.set_blocking(self._awake, False)
        os.set_blocking(self._wake, False)
        signal.set_wakeup_fd(self._wake, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
        for number in STOP_SIGNALS:
            signal.signal(number, self._stop_requested)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._starting = False
        self.stopping = True
        for stage in sorted({c.process.stage for c in self._children}, reverse=True):
            self._stop([c for c in self._children if c.process.stage == stage])
        self._watch.close()
        signal.set_wakeup_fd(-1)
        for number in (*STOP_SIGNALS, signal.SIGCHLD):
            signal.signal(number, signal.SIG_DFL)
        os.close(self._awake)
        os.close(self._wake)

    def _stop_requested(self, number: int, _frame: FrameType | None) -> None:
        self.stopping, self.stopped_by = True, number
        if self._starting:
            raise StoppedError

    def start(self, process: Process) -> None:
        child = _Child(process)
        self._children.append(child)
        self._spawn(child)

    def run(self, until: Callable[[], bool] = lambda: False) -> None:
        """Supervises until a stop signal arrives or the condition is true."""
        self._starting = False
        while not self.stopping and not until():
            self.tend()

    def tend(self, longest: float = 1.0) -> None:
        """Waits for at most `longest` seconds, then restarts processes that are due."""
        now = time.monotonic()
        dues = [c.due - now for c in self._children if c.popen is None]
        self._sleep(max(0.0, min([longest, *dues])))
        for child in self._children:
            if child.popen is not None and child.popen.poll() is not None:
                self._handle_exit(child)
            if child.popen is None and child.due <= time.monotonic():
                self._spawn(child)

    def _spawn(self, child: _Child) -> None:
        # A stop signal must not arrive before the new process is registered.
        starting, self._starting = self._starting, False
        child.popen = spawn(child.process, self._watch)
        child.started_at = time.monotonic()
        self._starting = starting
        if starting and self.stopping:
            raise StoppedError

    def _handle_exit(self, child: _Child) -> None:
        assert child.popen is not None  # noqa: S101
        status = child.popen.returncode
        self._watch.remove(child.popen.pid)
        child.popen = None
        if time.monotonic() - child.started_at > STABLE_SECONDS:
            child.pause = FIRST_PAUSE
        child.due = time.monotonic() + child.pause
        how = f"signal {-status}" if status < 0 else f"exit {status}"
        self.say(f"{child.process.name} ended ({how}); again in {child.pause:.1f} s")
        child.pause = min(child.pause * 2, LONGEST_PAUSE)

    def _sleep(self, seconds: float) -> None:
        if select.select([self._awake], [], [], seconds)[0]:
            os.read(self._awake, 4096)

    def _stop(self, children: list[_Child]) -> None:
        for number in (None, signal.SIGQUIT, signal.SIGKILL):
            waiting = [c for c in children if c.popen and c.popen.poll() is None]
            if not waiting:
                return
            for child in waiting:
                assert child.popen is not None  # noqa: S101
                if number is not None:
                    self.say(f"{child.process.name} does not stop: {number.name}")
                child.popen.send_signal(number or child.process.stop_signal)
            timeout = max(c.process.stop_seconds for c in waiting)
            deadline = time.monotonic() + (timeout if number is None else 5.0)
            while time.monotonic() < deadline and any(
                c.popen and c.popen.poll() is None for c in waiting
            ):
                self._sleep(0.2)
