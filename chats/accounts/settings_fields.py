"""The settings of each gateway of a number, which `registry` reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from django.utils.translation import gettext_lazy as _

from managers.models import Manager


@dataclass(frozen=True, slots=True)
class SettingField:
    """One setting: its key in the stored JSON object, and its label in a form.

    A secret is never shown again. `url` is an http or https address.
    """

    key: str
    label: Any
    help_text: Any = ""
    kind: Literal["text", "url", "secret"] = "text"
    is_required: bool = True


SETTINGS_OF: dict[str, tuple[SettingField, ...]] = {
    Manager.Gateway.CONTROLLER.value: (
        SettingField(
            "secret",
            _("Secret"),
            _("Sent with each request as a Bearer token. Empty: none is sent."),
            "secret",
            is_required=False,
        ),
    ),
    Manager.Gateway.WHATSAPP_CLOUD.value: (
        SettingField(
            "phoneNumberId",
            _("Phone number id"),
            _("Meta's id of the number, in WhatsApp Manager; not the number itself."),
        ),
        SettingField(
            "token",
            _("Access token"),
            _("Of a system user with whatsapp_business_messaging."),
            "secret",
        ),
        SettingField(
            "wabaId",
            _("WhatsApp Business account id"),
            _("Needed to list the approved templates."),
            is_required=False,
        ),
        SettingField(
            "appSecret",
            _("App secret"),
            _("Only if the number belongs to another app than the installation's."),
            "secret",
            is_required=False,
        ),
    ),
    Manager.Gateway.EVOLUTION.value: (
        SettingField(
            "url", _("Address"), _("Like https://evolution.example.com:8080."), "url"
        ),
        SettingField("instance", _("Instance"), _("The instance's name there.")),
        SettingField(
            "apikey", _("Key of the instance"), _("Its own apikey."), "secret"
        ),
    ),
    Manager.Gateway.WPPCONNECT.value: (
        SettingField(
            "url", _("Address"), _("Like https://wppconnect.example.com:21465."), "url"
        ),
        SettingField("session", _("Session"), _("The session's name there.")),
        SettingField(
            "token", _("Session token"), _("What generate-token answered."), "secret"
        ),
    ),
}
