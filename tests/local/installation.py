"""An installation of the one-command server in its own folder."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg

from tests.ports import free_port

ROOT = Path(__file__).resolve().parents[2]
SETS_UP_SERVERS = ("DATABASE_URL", "REDIS_URL")


def wait_for(truth, seconds=30):
    deadline = time.monotonic() + seconds
    while not truth():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.05)


class Installation:
    def __init__(self, folder, python=(sys.executable,), user=None, **environment):
        self.data, self.port = folder / "data", free_port()
        self.output = folder / "output"
        self.python, self.user = list(python), {"user": user} if user else {}
        self.environment = {
            **{k: v for k, v in os.environ.items() if k not in SETS_UP_SERVERS},
            "HCI_DATA_DIR": str(self.data),
            "HCI_HOST": "127.0.0.1",
            "HCI_PORT": str(self.port),
            **environment,
        }
        self.process = None

    def manage(self, *arguments, **more):
        command = [*self.python, "manage.py", *arguments]
        return subprocess.run(
            command,
            cwd=ROOT,
            env={**self.environment, **more},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            **self.user,
        )

    def begin(self):
        """Starts it without waiting until it serves."""
        with self.output.open("wb") as out:
            self.process = subprocess.Popen(
                [*self.python, "manage.py", "serve"],
                cwd=ROOT,
                env=self.environment,
                stdout=out,
                stderr=out,
                **self.user,
            )

    def start(self):
        self.begin()
        self.wait_to_say("Ready: ")

    def wait_to_say(self, text):
        def said():
            assert self.process.poll() is None, self.said()
            return text in self.said()

        wait_for(said, 120)

    def said(self):
        return self.output.read_text()

    def stop(self, number=signal.SIGTERM):
        """Stops only the supervisor; returns its exit status."""
        self.process.send_signal(number)
        return self.process.wait(20)

    def get(self, path, **headers):
        client = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            client.request("GET", path, headers=headers)
            answer = client.getresponse()
            return answer.status, json.loads(answer.read())
        finally:
            client.close()

    def state(self):
        try:
            return self.get("/readyz")[1]["status"]
        except (OSError, http.client.HTTPException):
            return "silent"

    def home(self):
        """Returns its servers' folder: in the data folder, or linked from there."""
        return (self.data / "postgres").resolve().parent

    def remove(self):
        if self.process.poll() is None:
            self.stop()
        shutil.rmtree(self.home())

    def processes(self):
        """Returns its running processes by PID, including the supervisor."""
        homes = [self.data, self.home()]
        mark = b"HCI_DATA_DIR=" + os.fsencode(self.data) + b"\0"
        found = {}
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                command = (folder / "cmdline").read_bytes()
                ours = mark in (folder / "environ").read_bytes() + b"\0"
                for home in homes:
                    ours = ours or os.fsencode(home) in command
                    ours = ours or (folder / "cwd").resolve().is_relative_to(home)
            except OSError:
                continue
            if ours and command:
                found[int(folder.name)] = command.replace(b"\0", b" ").decode()
        return found

    def pid_of(self, part):
        """Returns the PID of the oldest process whose command contains that text."""
        return min(pid for pid, command in self.processes().items() if part in command)

    def query(self, statement):
        host = str(self.data / "run")
        with psycopg.connect(host=host, user="hci", dbname="hci") as connection:
            return connection.execute(statement).fetchone()[0]

    def shell(self, statement):
        """Runs SQL by `manage.py dbshell`, with the embedded server's psql."""
        nowhere = {"PATH": os.path.dirname(self.python[0])}
        done = self.manage("dbshell", "--", "-At", "-c", statement, **nowhere)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()
