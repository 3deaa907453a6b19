"""OpenAPI documentation of POST api/socket."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from hci_center.api.schema.operation_docs import OperationDoc

CHAPTER = "Feed"


class SocketShape(serializers.Serializer[Any]):
    url = serializers.CharField()
    ticket = serializers.CharField(help_text="For one socket.")
    expiresIn = serializers.IntegerField(help_text="Seconds.")
    lastEventId = serializers.IntegerField(help_text="The cursor of now.")
    epoch = serializers.CharField()


PAGES = {
    "create": OperationDoc(
        "Connect to the live feed",
        "Where to connect by websocket, with a ticket for it, and from where on.",
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
