"""The labels of actions and kinds of rows in the back-office."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

# Shown for a missing choice or value.
NONE = "–"  # noqa: RUF001 - the dash is meant

ACTS: dict[str, Any] = {
    "add": _("added"),
    "change": _("changed a setting"),
    "delete": _("deleted a setting"),
    "password": _("password changed"),
    "sign-in": _("signed in"),
    "sign-in-refused": _("sign-in refused"),
    "sign-out": _("signed out"),
    "session-ended": _("session ended"),
    "second-factor": _("two-step sign-in changed"),
    "open": _("opened"),
    "export": _("exported"),
    "rows": _("rows of a figure read"),
    "action": _("action on a list"),
    "send-again": _("sent again"),
    "secret-shown": _("secret shown"),
    "page-token": _("page token answered"),
    "request": _("registered a request"),
    "confirm": _("confirmed a request"),
    "cancel": _("cancelled a request"),
    "hold": _("placed a legal hold"),
    "release": _("lifted a legal hold"),
    "make": _("dossier made"),
    "fetch": _("dossier downloaded"),
    "erase": _("person erased"),
    "retain": _("deleted after the retention period"),
    "retention": _("lines of the audit deleted"),
    "import": _("import"),
    "restore": _("restore"),
}
KINDS: dict[str, Any] = {
    "area": _("area"),
    "apikey": _("API key"),
    "audit": _("audit"),
    "backup": _("backup"),
    "chat": _("chat"),
    "closing-reason": _("closing reason"),
    "contact": _("contact"),
    "dossier": _("dossier"),
    "erasure": _("erasure"),
    "holiday": _("holiday"),
    "import": _("import"),
    "hook": _("outgoing webhook"),
    "inboundevent": _("inbound event"),
    "key": _("API key"),
    "key-manager": _("manager of an API key"),
    "manager": _("manager"),
    "membership": _("served area"),
    "menu": _("menu"),
    "message": _("message"),
    "operator": _("operator"),
    "pause-reason": _("pause reason"),
    "planned-policy": _("planned change of rules"),
    "policy": _("policy"),
    "qr": _("QR code"),
    "reply": _("quick reply"),
    "report": _("report page"),
    "retention": _("retention"),
    "schedule": _("version of the hours"),
    "supervision": _("supervision"),
    "tag": _("tag"),
    "transfer-reason": _("transfer reason"),
    "user": _("user"),
    "webhook-address": _("webhook address"),
    "webhook-secret": _("webhook secret"),
}
# The kinds of lines about the rows of a model, by model name, if they differ.
KINDS_OF_MODELS = {
    "apikey": ("key", "apikey"),
    "closingreason": ("closing-reason", "closingreason"),
    "transferreason": ("transfer-reason", "transferreason"),
    "pausereason": ("pause-reason", "pausereason"),
    "plannedpolicy": ("planned-policy", "plannedpolicy"),
}


def act_word(act: str) -> str:
    """Returns the label of an action; its code if it has none."""
    return str(ACTS.get(act, act))


def kind_word(kind: str) -> str:
    return str(KINDS.get(kind, kind))
