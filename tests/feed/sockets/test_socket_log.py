"""Sockets in the log: opened and closed, by ids."""

import logging
import re
from types import SimpleNamespace

from hci_center.feed.sockets.connection import Connection, CredentialState
from hci_center.feed.sockets.socket_log import SocketLog


class Hub:
    def __init__(self):
        self.log = SocketLog()

    def leave(self, connection):
        self.log.closed(connection)


def socket_of(hub, credential, *, live=True):
    connection = Connection(hub, SimpleNamespace(connection=None))
    connection.state = CredentialState(credential)
    connection.audience = object() if live else None
    hub.log.opened(connection)
    return connection


def test_a_socket_is_logged_when_it_opens_and_closes(caplog):
    hub = Hub()
    with caplog.at_level(logging.INFO):
        first, second = socket_of(hub, "user:7"), socket_of(hub, "key:3")
        socket_of(hub, "user:8", live=False).closed()
        second.closed()
        first.closed()
        first.closed()
    lines = [re.sub(r"after \d+ s", "after n s", each) for each in caplog.messages]
    assert lines == [
        "Socket 1 of user:7 opened",
        "Socket 2 of key:3 opened",
        "Socket 2 of key:3 closed after n s",
        "Socket 1 of user:7 closed after n s",
    ]
