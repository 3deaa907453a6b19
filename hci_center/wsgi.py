"""The web process: Django as WSGI."""

import os
from typing import Any

from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, connection, reset_queries

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hci_center.settings")

application = get_wsgi_application()


def judge_connection(**_signal: Any) -> None:
    """Lets go of this thread's connection when it has broken or grown too old."""
    connection.close_if_unusable_or_obsolete()


# There is one database. Django's own receivers look for all that there might be, three
# times a request: a tenth of what a hot call takes in Python.
request_started.disconnect(reset_queries)
request_started.disconnect(close_old_connections)
request_finished.disconnect(close_old_connections)
request_started.connect(judge_connection)
