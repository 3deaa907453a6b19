"""The processes of a deployment inside an image that `bin/image` built.

    bin/image FOLDER && HCI_TEST_IMAGE=FOLDER/image bin/deployment-test

As a container engine runs them: as the image's user, on a file system that they cannot
write to, with a folder for files and an empty /tmp.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from tests.deploy.servers import Servers
from tests.deploy.stack import Stack

USER = "10001"
COMMANDS = {
    "web": ["python", "-m", "hci_center.webserver.server"],
    "feed": ["python", "manage.py", "serve_feed"],
    "relay": ["python", "manage.py", "relay_changes"],
    "deliver": ["python", "manage.py", "deliver_messages"],
}
# Arguments: the image, the folder of data, that of the certificates; then the command.
ENTER = """
image=$1 data=$2 servers=$3; shift 3
mount --bind "$image" "$image"
mount -o remount,ro,bind "$image"
mount -t proc proc "$image/proc"
mount --bind /dev "$image/dev"
mount -t tmpfs tmpfs "$image/tmp"
mkdir -p "$image$servers"
mount --bind "$servers" "$image$servers"
mount --bind "$data" "$image/data"
exec /usr/sbin/chroot --userspec=10001:10001 "$image" sh -c 'cd /opt/hci && exec "$@"' sh "$@"
"""


class ImageStack(Stack):
    """Runs commands of manage.py outside the image, which has no tests."""

    def __init__(self, folder: Path, servers: Servers, image: Path) -> None:
        super().__init__(folder, servers)
        self.image = image
        for made in ("data", "data/media"):
            (folder / made).mkdir(mode=0o700)
            os.chown(folder / made, int(USER), int(USER))

    def inside(self, command: list[str]) -> list[str]:
        folders = [str(self.image), str(self.folder / "data"), str(self.servers.folder)]
        return ["unshare", "--mount", "sh", "-ec", ENTER, "sh", *folders, *command]

    def run(self, name: str, place: int, **more: str) -> subprocess.Popen[bytes]:
        command, passed = COMMANDS[name], ()
        if name in self.sockets:
            descriptor = self.sockets[name][place].fileno()
            command, passed = [*command, "--fd", str(descriptor)], (descriptor,)
        with (self.folder / f"{name}.{place}.log").open("ab") as log:
            return subprocess.Popen(
                self.inside(command),
                env=self.environment_inside | more,
                stdout=log,
                stderr=log,
                pass_fds=passed,
            )

    @property
    def environment_inside(self) -> dict[str, str]:
        ours = {
            name: value
            for name, value in self.environment.items()
            if name.startswith(("HCI_", "DATABASE_", "REDIS_"))
        }
        return ours | {
            "PATH": "/opt/hci/.venv/bin:/usr/bin:/bin",
            "PYTHONUNBUFFERED": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
            "HCI_DATA_DIR": "/data",
        }

    def says(self, *command: str) -> str:
        """Returns the output of a command run inside the image."""
        done = subprocess.run(
            self.inside([*command]),
            env=self.environment_inside,
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        )
        return done.stdout
