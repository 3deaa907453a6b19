"""Managers, their supervisors and their webhook secrets."""

from __future__ import annotations

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from hci_center.callers import Caller
from hci_center.encryption import EncryptedTextField


class ManagerQuerySet(models.QuerySet["Manager"]):
    def visible_to(self, caller: Caller) -> Self:
        """Returns the managers that the caller may access."""
        if caller.managers is None:
            return self
        return self.filter(pk__in=caller.managers)

    def without_secrets(self) -> Self:
        """Loads the encrypted columns only when they are used.

        Otherwise a value that no key decrypts would fail whatever reads the row.
        """
        return self.defer("facebook_token", "gateway_settings")


class Manager(models.Model):
    """A company account: a WhatsApp number, a Facebook page, or both."""

    class Gateway(models.TextChoices):
        CONTROLLER = "controller", _("Controller process")
        WHATSAPP_CLOUD = "whatsapp_cloud", _("WhatsApp Cloud API")
        EVOLUTION = "evolution", _("Evolution API")
        WPPCONNECT = "wppconnect", _("WPPConnect server")

    name = models.CharField(_("name"), max_length=200)
    email = models.CharField(_("email"), max_length=254, blank=True, default="")
    number = models.BigIntegerField(
        _("WhatsApp number"), null=True, blank=True, unique=True
    )
    controller_port = models.PositiveIntegerField(
        _("controller port"), null=True, blank=True, unique=True
    )
    facebook_id = models.CharField(
        _("Facebook page id"), max_length=64, null=True, blank=True, unique=True
    )
    facebook_token = EncryptedTextField(_("page token"), blank=True, default="")
    gateway = models.CharField(
        _("WhatsApp gateway"),
        max_length=16,
        choices=Gateway,
        default=Gateway.CONTROLLER,
    )
    # JSON with the gateway's settings (URLs, tokens); encrypted like the page token.
    gateway_settings = EncryptedTextField(_("gateway settings"), blank=True, default="")
    # Used for the dates of protocols and reports.
    time_zone = models.CharField(
        _("time zone"), max_length=64, default=settings.TIME_ZONE
    )
    # Whether any rule may act for this manager: updated when a policy or menu is saved,
    # and read by statements that read the manager anyway.
    has_automation = models.BooleanField(
        default=False, db_default=False, editable=False
    )
    # The version of its hours that is in force (areas_schedule), not a foreign key.
    schedule_id = models.BigIntegerField(null=True, blank=True, editable=False)
    # The Brazilian state whose holidays are offered, like "SP".
    uf = models.CharField(
        _("state"), max_length=2, blank=True, default="", db_default=""
    )
    # Only these use the fake gateways of a demonstration.
    is_demo = models.BooleanField(_("demonstration"), default=False)
    created_at = models.DateTimeField(_("created at"), default=timezone.now)

    objects = ManagerQuerySet.as_manager()

    class Meta:
        verbose_name = _("manager")
        verbose_name_plural = _("managers")
        constraints = [
            models.CheckConstraint(
                condition=Q(number__isnull=False) | Q(facebook_id__isnull=False),
                name="manager_has_a_channel",
            ),
            models.CheckConstraint(
                condition=Q(number__isnull=True) | Q(number__gte=0, number__lt=10**15),
                name="manager_number_has_1_to_15_digits",
            ),
            models.CheckConstraint(
                condition=Q(controller_port__isnull=True)
                | Q(controller_port__gte=1, controller_port__lte=65535),
                name="manager_port_is_a_port",
            ),
            models.CheckConstraint(
                condition=Q(facebook_id__isnull=True) | ~Q(facebook_id=""),
                name="manager_page_is_not_empty",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class WebhookSecret(models.Model):
    """A secret in the URL that a manager's gateway calls; see `webhook_secrets`.

    The present one has no `ends_at`, earlier ones do.
    """

    manager = models.ForeignKey(
        Manager, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    # The calling gateway: "evolution", "wppconnect".
    source = models.CharField(max_length=16)
    secret = EncryptedTextField()
    created_at = models.DateTimeField(default=timezone.now)
    ends_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("webhook secret")
        verbose_name_plural = _("webhook secrets")
        constraints = [
            models.UniqueConstraint(
                fields=["manager", "source"],
                condition=Q(ends_at__isnull=True),
                name="one_present_webhook_secret",
            )
        ]
        indexes = [
            models.Index(
                fields=["manager", "source"], name="webhook_secrets_of_manager"
            )
        ]

    def __str__(self) -> str:
        return f"{self.source} {self.manager_id}"


class Supervision(models.Model):
    """Assigns a staff user to a manager; a superuser supervises all.

    A user with `reads_only` on any of them is an auditor for all of his managers.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="supervisions",
        verbose_name=_("user"),
    )
    manager = models.ForeignKey(
        Manager,
        on_delete=models.CASCADE,
        related_name="supervisions",
        verbose_name=_("manager"),
    )
    reads_only = models.BooleanField(_("reads only"), default=False, db_default=False)

    class Meta:
        verbose_name = _("supervision")
        verbose_name_plural = _("supervisions")
        constraints = [
            models.UniqueConstraint(
                fields=["user", "manager"], name="one_supervision_each"
            )
        ]

    def __str__(self) -> str:
        return f"{self.user} → {self.manager}"
