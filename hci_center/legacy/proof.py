"""Compares the documents with the results of our own read functions.

Both are converted to the format of the earlier system. The SHA-256 of a collection is
computed from the sorted digests of its documents, so the order does not matter.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import orjson
from django.utils.translation import gettext as _

from chats.conversations.message_rows import Shape
from chats.conversations.queries import messages_of_chat
from chats.messages.store import FILE_CONTENT
from contacts.models import Contact
from contacts.queries import contact_shape
from hci_center.callers import Caller
from hci_center.encryption import decrypt
from hci_center.legacy.references import CONTACTS, refs_of_rows
from hci_center.legacy.report import Report
from hci_center.legacy.users import COLUMNS as MANAGER_COLUMNS
from hci_center.legacy.users import Owner
from managers.queries import PageToken, managers_of

BATCH = 1000
_MANAGER_FIELDS = (
    "name", "email", "number", "facebookId", "controllerPort", "facebookToken",
)  # fmt: skip


class Digests:
    """Digests of a collection: of its documents, and as read back."""

    def __init__(self, name: str, report: Report) -> None:
        self.name, self.report = name, report
        self.old: list[bytes] = []
        self.new: list[bytes] = []

    def compare(self, place: str, old: bytes, new: bytes) -> None:
        self.old.append(old)
        self.new.append(new)
        if old != new:
            self.report.warn(place, _("It is not the same here."))

    def is_equal(self) -> bool:
        """Reports the two digests of the collection; returns whether they are equal."""
        old, new = (_of_all(each) for each in (self.old, self.new))
        self.report.proved.append((self.name, len(self.old), old, new))
        return old == new


def line(values: Any) -> bytes:
    """Returns the digest of one document or message."""
    return hashlib.sha256(orjson.dumps(values)).digest()


def _of_all(digests: list[bytes]) -> str:
    return hashlib.sha256(b"".join(sorted(digests))).hexdigest()


@dataclass(frozen=True, slots=True)
class Expected:
    """A contact to be read back, and the values that are not compared."""

    contact_id: int
    owner: Owner
    left_out: tuple[int, ...]
    place: str


class ContactProof:
    """Reads contacts back after all chats are written, which change contacts."""

    def __init__(self, report: Report) -> None:
        self.digests = Digests("contacts", report)
        self.expected: list[tuple[Expected, bytes]] = []

    def expect(self, expected: Expected, values: list[Any]) -> None:
        self.expected.append((expected, line(_without(values, expected.left_out))))

    def read_back(self) -> None:
        for first in range(0, len(self.expected), BATCH):
            batch = self.expected[first : first + BATCH]
            refs = refs_of_rows(CONTACTS, [each.contact_id for each, _ in batch])
            for each, old in batch:
                ref = refs.get(each.contact_id)
                protocol = ref.protocol if ref is not None else ""
                values = _old_contact(each, protocol)
                new = line(_without(values, each.left_out))
                self.digests.compare(each.place, old, new)


def _old_contact(expected: Expected, protocol: str) -> list[Any]:
    shape = contact_shape(expected.contact_id)
    operator = expected.owner.operators.shown(shape["operatorId"])
    return [
        str(shape["id"]), shape["name"], shape["photo"], shape["area"], operator,
        protocol or shape["protocol"], shape["sa"],
    ]  # fmt: skip


def _without(values: list[Any], left_out: tuple[int, ...]) -> list[Any]:
    return [None if n in left_out else value for n, value in enumerate(values)]


def prove_managers(owners: list[Owner], places: dict[int, str], report: Report) -> bool:
    """Reads the managers back; kept columns are not compared."""
    digests = Digests("users", report)
    everyone = Caller("administrator", "import", None, secrets=True)
    shapes = managers_of(everyone)
    for owner in owners:
        shape = dict(shapes[owner.id])
        token = shape["facebookToken"]
        if isinstance(token, PageToken):
            shape["facebookToken"] = decrypt(token.encrypted or "")
        read = [shape[field] or None for field in _MANAGER_FIELDS]
        said = [
            str(owner.values[name]) if name == "controller_port" and owner.values[name]
            else owner.values[name] or None
            for name in MANAGER_COLUMNS
        ]  # fmt: skip
        out = tuple(n for n, name in enumerate(MANAGER_COLUMNS) if name in owner.kept)
        old, new = line(_without(said, out)), line(_without(read, out))
        digests.compare(places[owner.id], old, new)
    return digests.is_equal()


def old_message(shape: Shape, owner: Owner) -> list[Any]:
    """Returns a message in the format of the earlier system."""
    is_file = shape["type"] != "text"
    content = shape["content"]
    if is_file and content == FILE_CONTENT:
        content = shape.get("caption", FILE_CONTENT)
    sender = str(shape["from"])
    if shape["direction"] == "out":
        sender = owner.operators.shown(sender)
    return [sender, shape["type"], content, shape["status"], shape.get("url", "")]


def read_chat(
    contact: Contact, chat_id: int, owner: Owner, *, after: int, with_status: bool
) -> bytes:
    """Returns the digest of the chat's messages after that id."""
    digest = hashlib.sha256()
    for shape in messages_of_chat(contact, chat_id, after=after):
        values = old_message(shape, owner)
        digest.update(message_line(values, with_status=with_status))
    return digest.digest()


def message_line(values: list[Any], *, with_status: bool) -> bytes:
    """Returns a message's line in the digest of its chat."""
    if not with_status:
        values = [*values[:3], *values[4:]]
    return orjson.dumps(values) + b"\n"
