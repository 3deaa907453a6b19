"""Models of the search index of messages, and of names in transcripts."""

from __future__ import annotations

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models

from chats.models.conversations import Chat, Message
from contacts.models import Contact
from managers.models import Manager


class MessageWords(models.Model):
    """The stemmed words of a message, written by `chats.inbox.words`.

    In a separate table, so that storing a message does not update this index.
    """

    message = models.OneToOneField(
        Message, on_delete=models.CASCADE, related_name="+", primary_key=True
    )
    manager = models.ForeignKey(
        Manager,
        on_delete=models.CASCADE,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    contact = models.ForeignKey(
        Contact, on_delete=models.CASCADE, related_name="+", db_constraint=False
    )
    words = SearchVectorField()

    class Meta:
        db_table = "chats_word"
        indexes = [
            # Without fastupdate: pending entries would be scanned by each search.
            GinIndex(
                fields=["manager", "words"], name="words_for_search", fastupdate=False
            ),
            models.Index(fields=["manager", "message"], name="words_of_manager"),
        ]

    def __str__(self) -> str:
        return str(self.message_id)


class WordsProgress(models.Model):
    """One row: the change of the feed up to which messages are indexed.

    While all messages are reindexed for a new epoch, those from `scan_below` on are
    done.
    """

    id = models.BooleanField(primary_key=True, default=True)
    epoch = models.TextField(default="")
    seq = models.BigIntegerField(default=0)
    scan_below = models.BigIntegerField(null=True)

    def __str__(self) -> str:
        return f"{self.epoch}:{self.seq}"


class TranscriptSeal(models.Model):
    """Names as they were when a chat closed; see `chats.inbox.seals`."""

    chat = models.OneToOneField(
        Chat, on_delete=models.CASCADE, related_name="+", primary_key=True
    )
    contact_name = models.CharField(max_length=200)
    # By operator id, or by credential for others.
    people = models.JSONField(default=dict)

    def __str__(self) -> str:
        return str(self.chat_id)
