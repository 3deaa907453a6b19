from django.db import models


class SecretProof(models.Model):
    """Proves whether a process has the secrets and files that this database is used with.

    `secret_key`: a digest with HCI_SECRET_KEY. `token_keys`: a word encrypted with a
    key of HCI_TOKEN_KEYS that decrypts every encrypted value. `file_store`: the marker
    of the folder of files, or a digest of the bucket's location.
    """

    name = models.CharField(max_length=16, primary_key=True)
    proof = models.TextField()

    def __str__(self) -> str:
        return self.name
