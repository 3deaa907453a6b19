"""Ports for the servers that tests and benchmarks start."""

from __future__ import annotations

import random
import socket

# Below the ports that the system gives to outgoing connections, which could otherwise
# take a port before its server starts.
FIRST, END = 12_000, 32_000
# A server's own port, its feed's and its simulated gateways' follow one another.
NEIGHBOURS = 4
HOST = "127.0.0.1"

# A datagram socket on the first port of each block given to this process: no other
# process gets the same block while this one runs.
_claims: list[socket.socket] = []


def free_port() -> int:
    """Returns the first of four consecutive free ports, each given out only once."""
    blocks = list(range(FIRST, END, NEIGHBOURS))
    # With the tests' own seed, every process would choose the same ones.
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
