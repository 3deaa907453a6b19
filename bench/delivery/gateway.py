"""A controller that accepts at once and records the time, as fast as Python can.

Run as a separate process: `python gateway.py PORT`. GET /seen returns the arrival
times (CLOCK_MONOTONIC) by message id and clears them.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time

SEEN: dict[str, float] = {}


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            length = 0
            for line in head.split(b"\r\n"):
                if line.lower().startswith(b"content-length:"):
                    length = int(line.split(b":")[1])
            body = await reader.readexactly(length)
            writer.write(answer(head, body))
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


def answer(head: bytes, body: bytes) -> bytes:
    if head.startswith(b"GET /seen"):
        data: object = dict(SEEN)
        SEEN.clear()
    elif head.startswith(b"GET"):
        health = {"state": "open", "number": None, "idempotent": True}
        data = {"success": True, "data": health}
    else:
        uuid = json.loads(body)["messageId"]
        SEEN[uuid] = time.monotonic()
        accepted = {"messageId": f"g-{uuid}", "status": "sent"}
        data = {"success": True, "data": accepted}
    text = json.dumps(data).encode()
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(text), text)


async def main(port: int) -> None:
    server = await asyncio.start_server(serve, "127.0.0.1", port)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
