"""Reads and writes references from documents to rows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import ClassVar

from hci_center.legacy.models import ImportRef

SOURCE = "mongodb"
CONTACTS = "contacts_contact"
CHATS = "chats_chat"
MANAGERS = "managers_manager"
OPERATORS = "areas_operator"


def refs_of_keys(collection: str, keys: Iterable[str]) -> dict[str, ImportRef]:
    """Returns the references of documents, by key."""
    found = ImportRef.objects.filter(
        source=SOURCE, collection=collection, key__in=list(keys)
    )
    return {ref.key: ref for ref in found}


def refs_of_rows(table: str, row_ids: Iterable[int]) -> dict[int, ImportRef]:
    """Returns the references of rows, by the row's id."""
    found = ImportRef.objects.filter(
        source=SOURCE, table=table, row_id__in=list(row_ids)
    )
    return {ref.row_id: ref for ref in found}


@dataclass(slots=True)
class ChangedRefs:
    """The references of a batch that must be written."""

    _CHANGING: ClassVar = ["digest", "columns", "messages", "protocol"]

    made: list[ImportRef] = field(default_factory=list)
    changed: dict[int, ImportRef] = field(default_factory=dict)

    def add(self, ref: ImportRef) -> None:
        ref.source = SOURCE
        self.made.append(ref)

    def change(self, ref: ImportRef) -> None:
        # One that is not written yet is inserted with its changes.
        if ref.pk is not None:
            self.changed[ref.pk] = ref

    def write(self) -> None:
        # The row of an earlier import may be deleted: its document has another one now.
        ImportRef.objects.bulk_create(
            self.made,
            update_conflicts=True,
            unique_fields=["source", "collection", "key"],
            update_fields=["table", "row_id", *self._CHANGING],
        )
        ImportRef.objects.bulk_update(self.changed.values(), self._CHANGING)
        self.made, self.changed = [], {}
