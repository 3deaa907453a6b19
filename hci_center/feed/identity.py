"""The identity behind a socket, and its caller."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.models import User

from areas.sign_in.session_auth import caller_of
from hci_center.callers import Caller
from managers.models import ApiKey


@dataclass(frozen=True, slots=True)
class SocketIdentity:
    """The credential that a client sent in its `hi` frame.

    `session` is the login session behind it, "" for a key; `base` is the address
    under which links to files are made.
    """

    credential: str
    session: str
    base: str


def find_caller(credential: str) -> Caller | None:
    """Returns the caller of a credential ("key:7", "user:12") with its current rights.

    None when the credential has ended, and for auditors: they have no feed.
    """
    kind, _, pk = credential.partition(":")
    if kind == "user":
        user = User.objects.filter(pk=pk).first()
        caller = None if user is None else caller_of(user)
        return None if caller is None or caller.role == "auditor" else caller
    key = ApiKey.objects.live().filter(pk=pk).first()
    if key is None:
        return None
    managers = None
    if not key.all_managers:
        managers = frozenset(key.managers.values_list("pk", flat=True))
    return Caller("key", credential, managers, secrets=key.secrets)
