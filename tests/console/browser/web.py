"""The web server as a process, next to the tests' feed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from django.conf import settings

from tests.faults.centre import SECRETS
from tests.feed.processes import ROOT, Feed, wait_until


class Web:
    """Serves the console and the API of the test database; can be killed."""

    def __init__(self, feed: Feed, folder: Path) -> None:
        self.url = f"http://127.0.0.1:{feed.web_port}"
        self.environment = {
            **feed.environment,
            **SECRETS,
            "HCI_DATA_DIR": str(folder),
            "DJANGO_SETTINGS_MODULE": "hci_center.settings",
        }
        self.log = (folder / "web.log").open("ab")
        self.process: subprocess.Popen[bytes] | None = None

    def prepare(self) -> None:
        """Collects the static files, as the one-command start does."""
        command = [
            sys.executable,
            str(ROOT / "manage.py"),
            "collectstatic",
            "--noinput",
        ]
        subprocess.run(
            [*command, "-v0"], env=self.environment, check=True, stderr=self.log
        )

    def start(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "hci_center.webserver.server"],
            cwd=settings.BASE_DIR,
            env=self.environment,
            stdout=self.log,
            stderr=self.log,
        )
        wait_until(self.answers)

    def kill(self) -> None:
        """Sends SIGKILL."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def stop(self) -> None:
        self.kill()
        self.log.close()

    def answers(self) -> bool:
        try:
            with urlopen(f"{self.url}/healthz", timeout=5) as answer:  # noqa: S310
                return bool(answer.status == 200)
        except (URLError, OSError):
            return False
