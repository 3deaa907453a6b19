"""The metrics that are counts of what happened."""

from __future__ import annotations

from hci_center.reports.metrics.metric import DAYS, HOURS, Count


class Opened(Count):
    name = "opened"
    label = {"pt-br": "Abertos", "en": "Opened"}
    formula = {
        "pt-br": "Conversas abertas; `origins` diz por quem.",
        "en": "Chats opened; `origins` says by whom.",
    }
    cohort, by = "happened", (*DAYS, *HOURS, "channel", "manager")
    parts, valued_part = ("origins",), "origins"


class Reopened(Count):
    name = "reopened"
    label = {"pt-br": "Reabertos", "en": "Reopened chats"}
    formula = {"pt-br": "Conversas reabertas.", "en": "Chats that were reopened."}
    cohort, by = "happened", (*DAYS, *HOURS, "channel", "manager")


class Closed(Count):
    name = "closed"
    label = {"pt-br": "Encerrados", "en": "Closed"}
    formula = {
        "pt-br": "Atendimentos encerrados; `outcomes` diz com que desfecho.",
        "en": "Episodes closed; `outcomes` says with which outcome.",
    }
    cohort = "happened"
    by = (*DAYS, *HOURS, "area", "operator", "channel", "manager")
    parts = ("resolved", "abandoned", "lost", "contained", "dropped", "other")


class Requeues(Count):
    name = "requeues"
    label = {"pt-br": "Devoluções à fila", "en": "Put back into the queue"}
    formula = {
        "pt-br": "Vezes em que um atendimento voltou à fila da mesma área, de quem o "
        "tinha ou de quem o devolveu; não é transferência.",
        "en": "Times an episode went back into the queue of the same area, counted for "
        "the operator who put it back or had it. This is not a transfer.",
    }
    cohort, by = "closed", (*DAYS, "area", "operator", "channel", "manager")


class Messages(Count):
    name = "messages"
    label = {"pt-br": "Mensagens", "en": "Messages"}
    formula = {
        "pt-br": "Mensagens guardadas: `in` do cliente, `human` de um operador, "
        "`automatic` todas as outras, também as digitadas no celular da conta. As que "
        "vieram de uma importação não contam.",
        "en": "Messages stored: `in` from customers, `human` from operators, `automatic` "
        "all others, including those written on the account's phone. Imported messages "
        "are not counted.",
    }
    cohort, by = "happened", (*DAYS, *HOURS, "channel", "manager")
    parts = ("in", "human", "automatic")


class NewContacts(Count):
    name = "new_contacts"
    label = {"pt-br": "Novos contatos", "en": "New contacts"}
    formula = {
        "pt-br": "Contatos que surgiram; os importados não contam.",
        "en": "Contacts that appeared; imported ones are not counted.",
    }
    cohort, by = "happened", (*DAYS, *HOURS, "channel", "manager")
