"""Gateway sessions and received webhook events in the back-office."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.widgets import UnfoldBooleanWidget

from chats.accounts.health import can_request_qr, request_qr
from chats.accounts.pauses import HELD, resume
from chats.accounts.registry import UNSIGNED, renewed_webhook_path, webhook_path
from chats.admin.reports import ReportsAdmin
from chats.inbound.queue import retry
from chats.models import GatewayAccount, InboundEvent
from contacts.models import Channel
from hci_center.audit.once_a_day import record_once_a_day
from managers.admin.columns import column, moment_column, short, tag
from managers.admin.confirm import confirm
from managers.admin.dialogs import apply_to_one, dialog
from managers.admin.filters import TenantFilter
from managers.admin.tenant import READ, TenantAdmin, caller_behind

_STATES: dict[str, Any] = {
    GatewayAccount.State.OPEN: "good",
    GatewayAccount.State.CONNECTING: "warn",
    GatewayAccount.State.QR: "warn",
    GatewayAccount.State.CLOSED: "bad",
    GatewayAccount.State.UNKNOWN: "mute",
}
_ENDS: dict[str, Any] = {
    InboundEvent.State.WAITING: "warn",
    InboundEvent.State.DONE: "good",
    InboundEvent.State.PARKED: "bad",
}
# Entries of a gateway session's history on its page.
HISTORY = 30


class RenewalForm(forms.Form):
    at_once = forms.BooleanField(
        required=False,
        widget=UnfoldBooleanWidget(),
        label=gettext_lazy("End the old address now"),
        help_text=gettext_lazy(
            "Otherwise it goes on for 24 hours, until its gateway has the new one. "
            "What the gateway sends to an address that has ended is lost."
        ),
    )


@admin.register(GatewayAccount)
class GatewayAccountAdmin(ReportsAdmin):
    supervisors_may = READ | {"act"}
    administrators_may = READ | {"act"}

    list_display = [
        "manager",
        "channel",
        "shown",
        "moment",
        "reason",
        "rests_until",
        "alarm",
    ]
    list_filter = ["state", "channel", ("manager", TenantFilter)]
    list_select_related = ["manager"]
    fields = [
        ("manager", "channel"),
        ("shown", "since"),
        "reason",
        "qr_code",
        ("rests_until", "pause_reason"),
        "alarm",
        "checked_at",
        "webhook",
        "reports",
        "templates",
        "approved",
        "history",
    ]

    actions = ["renew_webhook"]
    actions_detail = ["connect", "resume", "handle_problems"]

    moment = moment_column("since", gettext_lazy("Since"))
    alarm = moment_column("alarmed_at", gettext_lazy("Alarm since"))
    rests_until = moment_column("paused_until", gettext_lazy("Paused until"))

    @column(gettext_lazy("State"))
    def shown(self, account: GatewayAccount) -> str:
        return tag(_STATES[account.state], account.get_state_display())

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        offered: list[Any] = super().get_actions_detail(request, object_id)
        account = self.get_object(request, object_id)
        if account is None or not can_request_qr(account):
            offered = [one for one in offered if one.path != "connect"]
        if account is None or account.pause_code != HELD:
            offered = [one for one in offered if one.path != "resume"]
        return offered

    def has_connect_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may(request, "act")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Omits for auditors the fields that give access to the account."""
        return [
            field
            for field in self.fields
            if field not in ("qr_code", "webhook") or self.may(request, "act")
        ]

    @dialog(
        gettext_lazy("Ask for the QR code"),
        gettext_lazy(
            "The gateway is asked to connect. The code is on this page some seconds"
            " later; whoever scans it with a phone has the account."
        ),
        icon="qr_code",
        permission="connect",
    )
    def connect(self, request: HttpRequest, form: Any, object_id: str) -> Any:
        done = _("The QR code was asked for.")
        return apply_to_one(self, request, object_id, _ask_for_qr, done)

    @dialog(
        gettext_lazy("Send what is held"),
        gettext_lazy("The messages that wait for this account are sent now."),
        icon="play_arrow",
        permission="connect",
    )
    def resume(self, request: HttpRequest, form: Any, object_id: str) -> Any:
        done = _("The account sends again.")
        return apply_to_one(self, request, object_id, _resume, done)

    @column(gettext_lazy("QR code"))
    def qr_code(self, account: GatewayAccount) -> str:
        """The QR code as text; it gives access to the account."""
        if account.qr:
            record_once_a_day(
                "secret-shown",
                "qr",
                account.manager_id,
                manager_id=account.manager_id,
            )
        return format_html("<code>{}</code>", account.qr) if account.qr else "-"

    @column(gettext_lazy("Webhook address"))
    def webhook(self, account: GatewayAccount) -> str:
        source = account.manager.gateway
        if account.channel == "facebook":
            return "/webhooks/facebook"
        if source in UNSIGNED:
            record_once_a_day(
                "secret-shown",
                "webhook-address",
                account.manager_id,
                manager_id=account.manager_id,
            )
            return webhook_path(source, account.manager_id)
        return "/webhooks/whatsapp" if source == "whatsapp_cloud" else "-"

    def has_renew_permission(self, request: HttpRequest) -> bool:
        """Only for administrators, who configure the gateways' webhooks."""
        return caller_behind(request).role == "administrator"

    @admin.action(
        description=gettext_lazy("Renew the webhook address"), permissions=["renew"]
    )
    def renew_webhook(
        self, request: HttpRequest, chosen: QuerySet[GatewayAccount]
    ) -> HttpResponse | None:
        rows = chosen.select_related("manager").filter(
            channel=Channel.WHATSAPP, manager__gateway__in=tuple(UNSIGNED)
        )
        if not rows.exists():
            message = _("None of the chosen sessions has a webhook address of its own.")
            self.message_user(request, message, messages.WARNING)
            return None
        title = _("Renew the webhook address")
        form = confirm(self, request, rows, title=title, make_form=RenewalForm)
        if isinstance(form, HttpResponse):
            return form
        for account in rows:
            manager = account.manager
            at_once = form.cleaned_data["at_once"]
            renewed_webhook_path(manager.gateway, manager.pk, at_once=at_once)
            self.log_change(request, account, title)
        message = ngettext(
            "%d address was renewed: its page shows the one to give the gateway.",
            "%d addresses were renewed: their pages show the ones to give the gateways.",
            len(rows),
        )
        self.message_user(request, message % len(rows), messages.SUCCESS)
        return None

    @column(gettext_lazy("History"))
    def history(self, account: GatewayAccount) -> str:
        changes = account.changes.order_by("-pk")[:HISTORY]
        return format_html_join(
            mark_safe("<br>"),
            "{} {} {}",
            ((short(c.at), c.get_state_display(), c.reason) for c in changes),
        )


def _resume(account: GatewayAccount) -> None:
    resume(account.manager_id, account.channel)


def _ask_for_qr(account: GatewayAccount) -> None:
    request_qr(account.manager_id)


@admin.register(InboundEvent)
class InboundEventAdmin(TenantAdmin):
    """Received webhook events.

    An event has no manager until it is parsed, so only administrators see it.
    """

    manager_lookup = ""
    supervisors_may = frozenset()
    administrators_may = READ
    unread_columns = ()
    opening_is_audited = True

    list_display = ["moment", "source", "lane", "shown", "note"]
    list_filter = ["state", "source"]
    ordering = ["-pk"]
    fields = [
        ("source", "lane"),
        ("arrived_at", "shown"),
        ("attempts", "note"),
        "payload",
    ]
    actions = ["again"]

    moment = moment_column("arrived_at", gettext_lazy("When"))

    @column(gettext_lazy("State"))
    def shown(self, event: InboundEvent) -> str:
        return tag(_ENDS[event.state], event.get_state_display())

    @admin.action(description=gettext_lazy("Process again"), permissions=["view"])
    def again(self, request: HttpRequest, chosen: QuerySet[InboundEvent]) -> None:
        count = retry(list(chosen.values_list("pk", flat=True)))
        message = ngettext(
            "%d parked event is processed again.",
            "%d parked events are processed again.",
            count,
        )
        self.message_user(request, message % count, messages.SUCCESS)
