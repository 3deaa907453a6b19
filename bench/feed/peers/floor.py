"""A minimal uvloop server: POST /pub builds a frame once and writes it to each socket."""

import asyncio
import base64
import hashlib
import re
import sys

import uvloop

MAGIC = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
transports = set()


class Peer(asyncio.Protocol):
    def __init__(self):
        self.received = b""
        self.is_open = False

    def connection_made(self, transport):
        self.transport = transport

    def connection_lost(self, _error):
        transports.discard(self.transport)

    def data_received(self, data):
        if self.is_open:
            return
        self.received += data
        head, found, body = self.received.partition(b"\r\n\r\n")
        if not found:
            return
        if head.startswith(b"POST"):
            size = int(re.search(rb"content-length: *(\d+)", head, re.I)[1])
            if len(body) < size:
                return
            self.received = body[size:]
            self.tell(body[:size])
        else:
            self.open(head)

    def tell(self, payload):
        size = len(payload)
        head = bytes((0x81, size))
        if size >= 126:
            head = b"\x81\x7e" + size.to_bytes(2, "big")
        frame = head + payload
        for transport in transports:
            transport.write(frame)
        self.transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    def open(self, head):
        key = re.search(rb"sec-websocket-key: *(\S+)", head, re.I)[1]
        accept = base64.b64encode(hashlib.sha1(key + MAGIC).digest())  # noqa: S324
        self.transport.write(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
            b"Connection: Upgrade\r\nSec-WebSocket-Accept: " + accept + b"\r\n\r\n"
        )
        self.is_open = True
        transports.add(self.transport)


async def main():
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Peer, "127.0.0.1", int(sys.argv[1]), backlog=4096)
    await server.serve_forever()


uvloop.run(main())
