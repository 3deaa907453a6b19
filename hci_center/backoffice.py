"""Settings of the admin theme: its name, colours and menu."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _


def is_administrator(request: HttpRequest) -> bool:
    return bool(request.user.is_superuser)


def mark(_request: HttpRequest) -> str:
    """Returns the URL of the product's logo."""
    return static("mark.svg")


def style(_request: HttpRequest) -> str:
    """Returns the URL of the project's own admin style sheet."""
    return static("backoffice.css")


def form_style(_request: HttpRequest) -> str:
    """Returns the URL of the style sheet of the project's own admin forms."""
    return static("backoffice-forms.css")


def _entry(title: Any, icon: str, route: str, **more: Any) -> dict[str, Any]:
    return {
        "title": title,
        "icon": icon,
        "link": reverse_lazy(route if ":" in route else f"admin:{route}"),
        **more,
    }


_ONLY_ADMINISTRATORS = {"permission": "hci_center.backoffice.is_administrator"}

_NOT_FOR_AUDITORS = {"permission": "managers.admin.tenant.is_no_auditor"}

# The function that tells whether a user may only read.
IS_AUDITOR = "managers.admin.tenant.is_auditor"
# The function that returns where the feed listens.
SOCKET_ORIGIN = "hci_center.feed.api.viewsets.socket_origin"
# The function that adds customers and chats to what Ctrl+K finds.
FIND_ROWS = "chats.admin.command.find_rows"

UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "HCI Whats Center",
    "SITE_HEADER": "HCI Whats Center",
    "SITE_ICON": mark,
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": mark}],
    "STYLES": [style, form_style],
    "SITE_URL": None,
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_BACK_BUTTON": True,
    "SHOW_LANGUAGES": True,
    "BORDER_RADIUS": "8px",
    # The theme's violet palette with the hue changed to green.
    "COLORS": {
        "primary": {
            "50": "oklch(97.2% .02 165)",
            "100": "oklch(94.3% .045 165)",
            "200": "oklch(89.5% .08 165)",
            "300": "oklch(83% .115 164)",
            "400": "oklch(74.5% .135 163)",
            "500": "oklch(64.5% .13 163)",
            "600": "oklch(53.5% .11 163)",
            "700": "oklch(46% .095 164)",
            "800": "oklch(39.5% .078 165)",
            "900": "oklch(34% .064 166)",
            "950": "oklch(24% .045 167)",
        }
    },
    "DASHBOARD_CALLBACK": "hci_center.reports.wall.views.add_wall",
    "ACCOUNT": {
        "navigation": [
            {"title": _("Two-step sign-in"), "link": reverse_lazy("second-factor")},
            {"title": _("Sessions"), "link": reverse_lazy("sessions")},
        ]
    },
    "SIDEBAR": {
        "show_search": False,
        "show_all_applications": False,
        "navigation": [
            {
                "title": _("Service"),
                "items": [
                    _entry(_("Overview"), "dashboard", "index"),
                    _entry(_("Contacts"), "contacts", "contacts_contact_changelist"),
                    _entry(_("Chats"), "forum", "chats_chat_changelist"),
                    _entry(_("Messages"), "chat", "chats_message_changelist"),
                    _entry(_("What happened"), "history", "chats_chatevent_changelist"),
                    _entry(_("Reports"), "monitoring", "reports:first"),
                ],
            },
            {
                "title": _("Team"),
                "separator": True,
                "items": [
                    _entry(_("Areas"), "workspaces", "areas_area_changelist"),
                    _entry(
                        _("Operators"), "support_agent", "areas_operator_changelist"
                    ),
                    _entry(_("Rules"), "rule", "areas_policy_changelist"),
                    _entry(
                        _("Planned changes"),
                        "event_upcoming",
                        "areas_plannedpolicy_changelist",
                    ),
                    _entry(_("Menu"), "account_tree", "areas_menu_changelist"),
                    _entry(_("Holidays"), "event", "areas_holiday_changelist"),
                    _entry(_("Quick replies"), "bolt", "chats_reply_changelist"),
                    _entry(_("Tags"), "label", "contacts_tag_changelist"),
                    _entry(
                        _("Closing reasons"),
                        "task_alt",
                        "areas_closingreason_changelist",
                    ),
                    _entry(
                        _("Transfer reasons"),
                        "move_up",
                        "areas_transferreason_changelist",
                    ),
                ],
            },
            {
                "title": _("Installation"),
                "separator": True,
                "items": [
                    _entry(
                        _("Personal data"),
                        "shield",
                        "privacy:search",
                        **_NOT_FOR_AUDITORS,
                    ),
                    {
                        "title": _("Audit"),
                        "icon": "policy",
                        "link": reverse_lazy("audit"),
                    },
                    _entry(_("Managers"), "storefront", "managers_manager_changelist"),
                    _entry(
                        _("Gateway sessions"),
                        "cable",
                        "chats_gatewayaccount_changelist",
                    ),
                    _entry(
                        _("Inbound events"),
                        "move_to_inbox",
                        "chats_inboundevent_changelist",
                        **_ONLY_ADMINISTRATORS,
                    ),
                    _entry(
                        _("Background faults"),
                        "report",
                        "background_backgroundfault_changelist",
                        **_ONLY_ADMINISTRATORS,
                    ),
                    _entry(
                        _("Backups"),
                        "backup",
                        "backups_backup_changelist",
                        **_ONLY_ADMINISTRATORS,
                    ),
                    _entry(
                        _("Supervisors"),
                        "shield_person",
                        "auth_user_changelist",
                    ),
                    _entry(
                        _("API keys"),
                        "key",
                        "managers_apikey_changelist",
                        **_ONLY_ADMINISTRATORS,
                    ),
                    _entry(
                        _("Webhooks"),
                        "webhook",
                        "feed_hook_changelist",
                        **_ONLY_ADMINISTRATORS,
                    ),
                ],
            },
        ],
    },
}
