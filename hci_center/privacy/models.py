"""Models: requests about personal data, legal holds, tombstones and retention.

No row contains free text about a person: requests use codes, so that they can be kept
after the person is erased.
"""

from __future__ import annotations

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chats.models import Chat
from contacts.models import Contact
from hci_center.encryption import EncryptedTextField
from managers.models import Manager

# The shortest period for texts of a regulated customer service.
REGULATED_MONTHS = 24


class Request(models.Model):
    """A request about personal data, by the person or a representative."""

    class Kind(models.TextChoices):
        ERASURE = "erasure", _("Erasure")
        DOSSIER = "dossier", _("Dossier")

    class State(models.TextChoices):
        OPEN = "open", _("To be confirmed")
        QUEUED = "queued", _("Waiting")
        RUNNING = "running", _("Under way")
        DONE = "done", _("Done")
        CANCELLED = "cancelled", _("Cancelled")

    class AskedBy(models.TextChoices):
        PERSON = "person", _("the person")
        REPRESENTATIVE = "representative", _("a representative of the person")
        AUTHORITY = "authority", _("an authority")
        COMPANY = "company", _("the company itself")

    class Identified(models.TextChoices):
        NUMBER = "number", _("wrote from the number or account itself")
        DOCUMENT = "document", _("showed a document")
        MANDATE = "mandate", _("showed a power of attorney")
        ORDER = "order", _("by an official letter or a court's order")
        NONE = "none", _("not needed: nobody outside asked")

    class Why(models.TextChoices):
        RIGHT = "right", _("right of the person (LGPD, article 18)")
        REVOKED = "revoked", _("consent was revoked")
        ENDED = "ended", _("the purpose has ended")
        ORDER = "order", _("order of an authority")
        MISTAKE = "mistake", _("the data was recorded by mistake")

    kind = models.CharField(_("kind"), max_length=7, choices=Kind)
    asked_by = models.CharField(_("asked by"), max_length=14, choices=AskedBy)
    identified = models.CharField(_("identified"), max_length=8, choices=Identified)
    why = models.CharField(_("why"), max_length=8, choices=Why)
    state = models.CharField(
        _("state"), max_length=9, choices=State, default=State.OPEN
    )
    # Credentials ("user:12"), as in the ledger.
    made_by = models.CharField(_("made by"), max_length=64)
    made_at = models.DateTimeField(_("made at"), default=timezone.now)
    confirmed_by = models.CharField(max_length=64, blank=True, default="")
    confirmed_at = models.DateTimeField(null=True, blank=True)
    done_at = models.DateTimeField(_("done at"), null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    # The number of consecutive failed runs; the next one is postponed.
    failures = models.PositiveSmallIntegerField(default=0)
    # For an erasure the certificate, for a dossier the manifest.
    result = models.JSONField(null=True, blank=True)
    # The name of a dossier's file below HCI_DATA_DIR; "" after it is deleted.
    file = models.CharField(max_length=100, blank=True, default="")

    class Meta:
        db_table = "privacy_request"
        verbose_name = _("request about personal data")
        verbose_name_plural = _("requests about personal data")
        indexes = [
            models.Index(
                fields=["id"],
                condition=Q(state__in=["queued", "running"]),
                name="privacy_requests_due",
            )
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def code(self) -> str:
        """The number of the request on its pages, certificate and file."""
        letters = "APG" if self.kind == self.Kind.ERASURE else "DOS"
        return f"{letters}-{self.made_at.year}-{self.pk:06d}"


class Subject(models.Model):
    """A contact of a request: a person has one contact per manager."""

    request = models.ForeignKey(
        Request, on_delete=models.CASCADE, related_name="subjects"
    )
    manager = models.ForeignKey(
        Manager, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="+")
    # The person's ids as JSON, encrypted, while the erasure is running.
    aliases = EncryptedTextField(blank=True, default="")
    # The progress of its erasure: chat and message, and the rows of each kind.
    chat_id = models.BigIntegerField(default=0)
    message_id = models.BigIntegerField(default=0)
    counts = models.JSONField(default=dict, blank=True)
    tombstone_id = models.UUIDField(null=True, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "privacy_subject"
        constraints = [
            models.UniqueConstraint(
                fields=["request", "contact"], name="one_subject_a_contact"
            )
        ]

    def __str__(self) -> str:
        return f"{self.request_id}: {self.contact_id}"


class Hold(models.Model):
    """A legal hold, which prevents the erasure of a contact or one of its chats."""

    class Reason(models.TextChoices):
        LAWSUIT = "lawsuit", _("lawsuit")
        COMPLAINT = "complaint", _("complaint at a consumer authority")
        INQUIRY = "inquiry", _("inquiry of an authority")
        FRAUD = "fraud", _("suspected fraud")

    contact = models.ForeignKey(
        Contact, on_delete=models.CASCADE, related_name="+", verbose_name=_("contact")
    )
    # None: the whole contact.
    chat = models.ForeignKey(
        Chat,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("chat"),
    )
    reason = models.CharField(_("reason"), max_length=9, choices=Reason)
    # The number of the case; emptied when the person is erased.
    reference = models.CharField(_("case"), max_length=64, blank=True, default="")
    placed_by = models.CharField(max_length=64)
    placed_at = models.DateTimeField(default=timezone.now)
    lifted_by = models.CharField(max_length=64, blank=True, default="")
    lifted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "privacy_hold"
        verbose_name = _("legal hold")
        verbose_name_plural = _("legal holds")

    def __str__(self) -> str:
        return f"{self.contact_id}: {self.reason}"


class Tombstone(models.Model):
    """The hashed ids of an erased person, for repeating the erasure after a restore.

    They are keyed digests: they identify nobody, but can be compared with a given id.
    `HCI_DATA_DIR/erasures.jsonl` contains the same.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    at = models.DateTimeField()
    certificate = models.CharField(max_length=32)
    # No foreign key: it outlives its contact.
    manager_id = models.BigIntegerField()
    marks = ArrayField(models.CharField(max_length=64))

    class Meta:
        db_table = "privacy_tombstone"

    def __str__(self) -> str:
        return self.certificate


class Retention(models.Model):
    """A manager's retention periods, in months; None or no row: data is kept."""

    manager = models.OneToOneField(
        Manager, on_delete=models.CASCADE, related_name="+", primary_key=True
    )
    # Counted from the closing of the chat; for periods of only files, from their
    # message.
    words_months = models.PositiveSmallIntegerField(
        _("words and files, since the chat was closed"), null=True, blank=True
    )
    files_months = models.PositiveSmallIntegerField(
        _("files alone, since the message"), null=True, blank=True
    )
    person_months = models.PositiveSmallIntegerField(
        _("person, since the last message"), null=True, blank=True
    )
    presence_months = models.PositiveSmallIntegerField(
        _("presence of operators, since it ended"), null=True, blank=True
    )
    # Under Decree 11.034/2022 the record of a service is kept for two years.
    is_regulated = models.BooleanField(
        _("regulated customer service (Decree 11.034/2022)"),
        default=False,
        db_default=False,
    )
    saved_by = models.CharField(max_length=64)
    saved_at = models.DateTimeField(default=timezone.now)
    # Nothing is deleted before this time.
    runs_from = models.DateTimeField()
    # The night of the last run.
    last_day = models.DateField(null=True, blank=True)

    class Meta:
        db_table = "privacy_retention"
        verbose_name = _("retention")
        verbose_name_plural = _("retentions")
        constraints = [
            models.CheckConstraint(
                condition=Q(words_months__isnull=True) | Q(words_months__gte=1),
                name="words_are_kept_a_month",
            ),
            models.CheckConstraint(
                condition=Q(files_months__isnull=True) | Q(files_months__gte=1),
                name="files_are_kept_a_month",
            ),
            models.CheckConstraint(
                condition=Q(person_months__isnull=True) | Q(person_months__gte=1),
                name="persons_are_kept_a_month",
            ),
            models.CheckConstraint(
                condition=Q(presence_months__isnull=True) | Q(presence_months__gte=1),
                name="presence_is_kept_a_month",
            ),
            models.CheckConstraint(
                condition=Q(is_regulated=False)
                | Q(words_months__isnull=True)
                | Q(words_months__gte=REGULATED_MONTHS),
                name="regulated_words_are_kept_two_years",
            ),
            models.CheckConstraint(
                condition=Q(person_months__isnull=True)
                | Q(words_months__isnull=True)
                | Q(person_months__gte=F("words_months")),
                name="persons_outlive_their_words",
            ),
        ]

    def __str__(self) -> str:
        return str(self.manager_id)
