"""The model of references from imported documents to rows."""

from __future__ import annotations

from django.db import models


class ImportRef(models.Model):
    """A document of the earlier system and the row that it became.

    It contains ids and digests, no text: later imports use it to find existing and
    changed data. The row may have been deleted.
    """

    source = models.CharField(max_length=16)
    # users, contacts, chats or operators.
    collection = models.CharField(max_length=16)
    # The document's `_id` or, without one, the SHA-256 of its canonical JSON.
    key = models.CharField(max_length=64)
    table = models.CharField(max_length=32)
    row_id = models.BigIntegerField()
    # SHA-256 of the document's values as they were read.
    digest = models.CharField(max_length=64)
    # For a contact: a digest of each column as imported.
    columns = models.JSONField(default=dict)
    # For a chat: the number of imported messages.
    messages = models.PositiveIntegerField(default=0)
    # For a contact: its protocol in the earlier system, if another chat has it here.
    protocol = models.CharField(max_length=64, blank=True, default="")

    class Meta:
        db_table = "import_ref"
        constraints = [
            models.UniqueConstraint(
                fields=["source", "collection", "key"], name="imported_once"
            )
        ]
        indexes = [models.Index(fields=["table", "row_id"], name="imports_of_row")]

    def __str__(self) -> str:
        return f"{self.collection} {self.key}"
