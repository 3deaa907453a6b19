"""Ports for the servers that tests and benchmarks start."""

from __future__ import annotations

import random
import socket

# Below those that the system gives to outgoing calls: such a call would take a port
# between its choice and its server's start.
FIRST, END = 12_000, 32_000
# A server's own port, its feed's and its simulated gateways' follow one another.
NEIGHBOURS = 4
HOST = "127.0.0.1"

# A datagram socket on the first port of each block that this process was given: no
# other process that asks is given the same one while this one lives.
_claims: list[socket.socket] = []


def free_port() -> int:
    """Returns the first of four consecutive free ports, each given out only once."""
    blocks = list(range(FIRST, END, NEIGHBOURS))
    # The tests' own seed would lead every process to the same ones.
    random.SystemRandom().shuffle(blocks)
    for port in blocks:
        claim = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            claim.bind((HOST, port))
            if all(is_free(port + n) for n in range(NEIGHBOURS)):
                _claims.append(claim)
                return port
        except OSError:
            pass
        claim.close()
    raise RuntimeError("no port is free")


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True
