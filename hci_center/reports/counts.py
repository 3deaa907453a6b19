"""The metrics that are counts of what happened."""

from __future__ import annotations

from hci_center.reports.metric import DAYS, HOURS, Count


class Opened(Count):
    name = "opened"
    label = {"pt-br": "Abertas", "en": "Opened"}
    formula = {
        "pt-br": "Conversas abertas; `origins` diz por quem.",
        "en": "Chats opened; `origins` says by whom.",
    }
    cohort, by = "happened", (*DAYS, *HOURS, "channel", "manager")


class Reopened(Count):
    name = "reopened"
    label = {"pt-br": "Reabertas", "en": "Reopened chats"}
    formula = {"pt-br": "Conversas reabertas.", "en": "Chats that went on."}
    cohort, by = "happened", (*DAYS, *HOURS, "channel", "manager")


class Closed(Count):
    name = "closed"
    label = {"pt-br": "Encerradas", "en": "Closed"}
    formula = {
        "pt-br": "Atendimentos encerrados; `outcomes` diz com que desfecho.",
        "en": "Episodes closed; `outcomes` says with which outcome.",
    }
    cohort = "happened"
    by = (*DAYS, *HOURS, "area", "operator", "channel", "manager")
