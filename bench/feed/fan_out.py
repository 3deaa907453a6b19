"""Runs the feed process with a POST /pub, like its peers, to measure only the fan-out.

Consumers, hub, protocol and server are those of the project. The reading of the table
is disabled: it would find that these events were never committed.
"""

from __future__ import annotations

import asyncio
import os
from typing import Any

from hci_center import asgi
from hci_center.feed.frames import Change
from hci_center.feed.server import consumers, protocol


async def no_poll() -> None:
    await asyncio.Event().wait()


async def publish(_scope: Any, receive: Any, send: Any) -> None:
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    if body:
        seq = consumers.hub.last + 1
        event = f'{{"s":{seq},"k":"message","id":"x","m":1,"op":"I","row":"{body.decode()}"}}'
        change = Change(
            seq, MANAGER, "message", None, None, None, None, None, None, event, None
        )
        consumers.hub.receiver.accept([change])
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"ok"})


MANAGER = int(os.environ["BENCH_MANAGER"])
consumers.hub.receiver.poll = no_poll  # type: ignore[method-assign]
asgi.application.application_mapping["http"] = publish

if __name__ == "__main__":
    protocol.serve()
