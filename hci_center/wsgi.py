"""The WSGI application of the web process."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hci_center.settings")
django.setup(set_prefix=False)

from django.core.signals import request_finished, request_started  # noqa: E402
from django.db import close_old_connections, reset_queries  # noqa: E402

from hci_center.api.application import (  # noqa: E402 - needs Django set up
    Application,
    begin_request,
)

application = Application()

# There is one database. Django's own receivers check all connections three times per
# request.
request_started.disconnect(reset_queries)
request_started.disconnect(close_old_connections)
request_finished.disconnect(close_old_connections)
request_started.connect(begin_request)
