"""The feed's server with short timeouts: `python -m tests.attacks.feed_port`."""

from __future__ import annotations

import os

import django

from hci_center.webserver.http_protocol import BoundedHttp

PATIENCE = 1.5

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hci_center.settings")
    django.setup()
    from hci_center.feed.server.protocol import serve

    BoundedHttp.header_seconds = PATIENCE
    serve()
