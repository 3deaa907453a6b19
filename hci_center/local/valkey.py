"""The embedded Valkey: it carries what is no fact, so it keeps nothing on disk."""

from __future__ import annotations

from hci_center.local.server_dirs import ServerDirs, valkey_binary
from hci_center.local.supervisor import Process


def valkey(home: ServerDirs) -> Process:
    """The server, on a Unix socket alone."""
    options = {
        "port": "0",
        "unixsocket": str(home.sockets / "valkey.sock"),
        "unixsocketperm": "700",
        "save": "",
        "appendonly": "no",
        "dir": str(home.sockets),
        "loglevel": "warning",
    }
    command = [str(valkey_binary(home))]
    for name, value in options.items():
        command += [f"--{name}", value]
    return Process(
        "Valkey",
        command,
        stage=1,
        stop_seconds=5.0,
        log=home.log("valkey"),
        popen=home.popen,
    )
