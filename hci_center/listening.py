"""Listening sockets: the server's own, or an inherited one.

A socket that a supervisor or systemd keeps open accepts connections while the server
restarts: they wait for the new process instead of being refused.
"""

from __future__ import annotations

import contextlib
import os
import socket

import uvicorn
from django.core.exceptions import ImproperlyConfigured

from hci_center.hosts import in_address

BACKLOG = 4096
# The first descriptor that systemd passes (sd_listen_fds(3)).
_FIRST_PASSED = 3


def listen(host: str, port: int) -> socket.socket:
    """Returns a new listening socket. Raises OSError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            # IPv4 addresses keep their format.
            listening.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listening.bind((host, port))
        listening.listen(BACKLOG)
    except BaseException:
        listening.close()
        raise
    return listening


def listening_socket(host: str, port: int, descriptor: int | None) -> socket.socket:
    """Returns the socket to serve on: the descriptor's, systemd's, or a new one.

    `descriptor` is passed by the supervisor. systemd sets the process id that its
    socket is for. Raises ImproperlyConfigured if a new one cannot be opened.
    """
    if descriptor is None and os.environ.get("LISTEN_PID") == str(os.getpid()):
        if os.environ["LISTEN_FDS"] != "1":
            raise ImproperlyConfigured("systemd passes more than one socket.")
        descriptor = _FIRST_PASSED
    if descriptor is None:
        try:
            return listen(host, port)
        except OSError as error:
            raise ImproperlyConfigured(
                f"{in_address(host)}:{port} cannot be had ({error.strerror}): set "
                "HCI_HOST, HCI_PORT or HCI_FEED_PORT to another."
            ) from None
    return socket.socket(fileno=descriptor)


def run(config: uvicorn.Config, listening: socket.socket) -> None:
    """Serves until SIGTERM or SIGINT.

    The socket is then closed in this process; if another process has it open, it stays
    in use.
    """
    # uvicorn raises SIGINT again once it has stopped.
    with contextlib.suppress(KeyboardInterrupt):
        uvicorn.Server(config).run(sockets=[listening])
