"""Request bodies of the operations on areas and login sessions."""

from __future__ import annotations

from hci_center.api.fields import Text
from hci_center.api.request_schema import Body


class ListOperators(Body):
    # A code or, if no code matches, a name, which may be longer.
    idarea = Text(200)


class SignIn(Body):
    username = Text(150)
    password = Text(4096)
