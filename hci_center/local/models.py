from django.db import models


class SecretProof(models.Model):
    """What tells whether a process has the secrets that this database is used with.

    `secret_key`: a digest under HCI_SECRET_KEY. `token_keys`: a word encrypted with a
    key of HCI_TOKEN_KEYS that every encrypted value can be read with.
    """

    name = models.CharField(max_length=16, primary_key=True)
    proof = models.TextField()

    def __str__(self) -> str:
        return self.name
