"""The ASGI application for WebSockets; HTTP is served by hci_center.wsgi."""

from __future__ import annotations

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hci_center.settings")
django.setup()

from channels.routing import ProtocolTypeRouter  # noqa: E402 - needs the apps

from hci_center.feed.server.routing import http, lifespan, websocket  # noqa: E402

application = ProtocolTypeRouter(
    {"websocket": websocket, "http": http, "lifespan": lifespan}
)
