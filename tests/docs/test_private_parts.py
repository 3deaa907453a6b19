"""Code that uses private parts of a library names the version that it was written for.

A new version may change them without mentioning it in its changelog. When this fails,
compare the named files with the library's new source, run the named tests, and only
then change the version here.
"""

from importlib.metadata import version

import pytest

WRITTEN_FOR = {
    # hci_center/webserver/http_protocol.py subclasses the HTTP protocol, and
    # hci_center/feed/server/protocol.py the websocket's: tests/attacks, tests/feed.
    "uvicorn": "0.54.0",
    # The parser's callbacks, counted in http_protocol.py: tests/attacks/test_headers.py.
    "httptools": "0.9.0",
    # Frames written past its connection in feed/server/protocol.py: tests/feed.
    "websockets": "17.4",
    # Its receiving task is expected to reconnect: tests/feed/sockets/test_limits.py.
    "channels-redis": "4.3.0",
    # managers/admin/changelist.py, filters.py and dialogs.py, chats/admin/endless.py, and
    # the templates under templates/ that replace its own: tests/admin.
    "django-unfold": "0.91.0",
    # hci_center/database overrides `wait` of its connections: tests/database.
    "psycopg": "3.3.9",
    # hci_center/api/viewset.py replaces the dispatch of its views: tests/contract.
    "djangorestframework": "3.18.3",
}


@pytest.mark.parametrize("package", WRITTEN_FOR)
def test_the_installed_version_is_the_reviewed_one(package):
    assert version(package) == WRITTEN_FOR[package]
