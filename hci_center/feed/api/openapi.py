"""OpenAPI documentation of POST api/socket."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from hci_center.api.schema.operation_docs import OperationDoc

CHAPTER = "Feed"


class SocketShape(serializers.Serializer[Any]):
    url = serializers.CharField()
    ticket = serializers.CharField(help_text="Opens one socket.")
    expiresIn = serializers.IntegerField(
        help_text="For how many seconds the ticket is valid."
    )
    lastEventId = serializers.IntegerField(help_text="The current cursor of the feed.")
    epoch = serializers.CharField(
        help_text="The epoch of the cursor; another epoch means that the state must be read "
        "again."
    )


PAGES = {
    "create": OperationDoc(
        "Connect to the live feed",
        "Returns the websocket URL of the live feed, a ticket that opens one "
        "socket, and the current position of the feed (`lastEventId` and "
        "`epoch`). Over the socket, the server sends every change that the caller "
        "may see.",
        answer=SocketShape,
        example={
            "url": "ws://127.0.0.1:8001/api/socket",
            "ticket": "b3JkZXI…",
            "expiresIn": 30,
            "lastEventId": 4711,
            "epoch": "9b1c6a52",
        },
    )
}
