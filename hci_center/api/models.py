from django.db import models


class StoredAnswer(models.Model):
    """The first response to a call with an Idempotency-Key, kept for 24 hours."""

    credential = models.CharField(max_length=64)
    method = models.CharField(max_length=8)
    path = models.CharField(max_length=255)
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)
    # Null while the call is still running, uncommitted, and for a call that only
    # reads: its response is not stored.
    status = models.PositiveSmallIntegerField(null=True)
    body = models.BinaryField(null=True)
    created_at = models.DateTimeField()
    # The response's subject, to authorize a repeat by the caller's present rights. Not
    # foreign keys: they would lock the contact for each stored response and block
    # others.
    manager_id = models.BigIntegerField(null=True)
    contact_id = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["credential", "method", "path", "key"],
                name="one_answer_a_key",
            )
        ]
        # For `idempotency.forget_old`.
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
