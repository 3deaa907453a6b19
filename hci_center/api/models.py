from django.db import models


class StoredAnswer(models.Model):
    """The first answer to a call that named an Idempotency-Key, kept 24 hours."""

    credential = models.CharField(max_length=64)
    method = models.CharField(max_length=8)
    path = models.CharField(max_length=255)
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)
    # Null while the call that made the row is still running, uncommitted, and for a
    # call that reads: its answer is not stored.
    status = models.PositiveSmallIntegerField(null=True)
    body = models.BinaryField(null=True)
    created_at = models.DateTimeField()
    # What the answer is about, for judging a repeat by the rights of its moment. Not
    # foreign keys: a lock on a contact for each stored answer would hold others up.
    manager_id = models.BigIntegerField(null=True)
    contact_id = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["credential", "method", "path", "key"],
                name="one_answer_a_key",
            )
        ]
        # For `forget_old_answers`.
        indexes = [
            models.Index(fields=["created_at"], name="stored_answer_age"),
            # For the trigger that deletes them with their contact.
            models.Index(
                fields=["contact_id"],
                condition=models.Q(contact_id__isnull=False),
                name="stored_answer_contact",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.method} {self.path} {self.key}"
