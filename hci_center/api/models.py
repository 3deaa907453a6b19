from django.db import models


class StoredAnswer(models.Model):
    """The first answer to a call that named an Idempotency-Key, kept 24 hours."""

    credential = models.CharField(max_length=64)
    method = models.CharField(max_length=8)
    path = models.CharField(max_length=255)
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)
    # Null only while the call that made the row is still running, uncommitted.
    status = models.PositiveSmallIntegerField(null=True)
    body = models.BinaryField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["credential", "method", "path", "key"],
                name="one_answer_a_key",
            )
        ]
        # For `forget_old_answers`.
        indexes = [models.Index(fields=["created_at"], name="stored_answer_age")]

    def __str__(self) -> str:
        return f"{self.method} {self.path} {self.key}"
