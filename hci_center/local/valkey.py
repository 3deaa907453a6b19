"""The embedded Valkey, without persistence: it holds only transient data."""

from __future__ import annotations

from hci_center.local.server_dirs import ServerDirs, valkey_binary
from hci_center.local.supervisor import Process


def valkey(dirs: ServerDirs) -> Process:
    """Returns the server's process, listening only on a Unix socket."""
    options = {
        "port": "0",
        "unixsocket": str(dirs.sockets / "valkey.sock"),
        "unixsocketperm": "700",
        "save": "",
        "appendonly": "no",
        "dir": str(dirs.sockets),
        "loglevel": "warning",
    }
    command = [str(valkey_binary(dirs))]
    for name, value in options.items():
        command += [f"--{name}", value]
    return Process(
        "Valkey",
        command,
        stage=1,
        stop_seconds=5.0,
        log=dirs.log("valkey"),
        popen=dirs.popen,
    )
