"""The metrics of operators' presence: how busy they are, with how much, and pauses."""

from __future__ import annotations

from hci_center.reports.metrics.metric import DAYS, Metric

_NOT_ONLINE = {
    "pt-br": "Sem tempo online o valor é nulo, nunca zero.",
    "en": "Without time online the value is null, never zero.",
}
_ONLINE = {
    "pt-br": " Só conta o tempo em que o operador estava online e não em pausa, dividido à "
    "meia-noite; `n` são esses períodos. De quem está online agora, até a última prova "
    "disso.",
    "en": " Only the time in which the operator was online and not paused counts, cut at "
    "midnight; `n` are these spans. Of those who are online now, until the latest proof "
    "of it.",
}


class Occupancy(Metric):
    name = "occupancy"
    label = {"pt-br": "Ocupação", "en": "Occupancy"}
    formula = {
        "pt-br": "Tempo online com pelo menos uma conversa (`busy`) ÷ tempo online "
        "(`online`)." + _ONLINE["pt-br"],
        "en": "Time online with at least one chat (`busy`) ÷ time online (`online`)."
        + _ONLINE["en"],
    }
    cohort, by = "happened", (*DAYS, "operator", "manager")
    unit, null = "share", _NOT_ONLINE


class Concurrency(Metric):
    name = "concurrency"
    label = {"pt-br": "Conversas ao mesmo tempo", "en": "Chats at once"}
    formula = {
        "pt-br": "Soma do tempo de cada conversa que o operador teve enquanto online "
        "(`held`) ÷ tempo online (`online`)." + _ONLINE["pt-br"],
        "en": "The time of each chat that the operator had while online, added up "
        "(`held`) ÷ time online (`online`)." + _ONLINE["en"],
    }
    cohort, by = "happened", (*DAYS, "operator", "manager")
    unit, null = "mean", _NOT_ONLINE


class Pauses(Metric):
    name = "pauses"
    label = {"pt-br": "Pausas", "en": "Pauses"}
    formula = {
        "pt-br": "Tempo em pausa (`sum`) e pausas (`n`), divididas à meia-noite; "
        "`reasons` diz quantas e quanto tempo de cada motivo.",
        "en": "Time paused (`sum`) and pauses (`n`), cut at midnight; `reasons` says how "
        "many and how long of each reason.",
    }
    cohort, by = "happened", (*DAYS, "operator", "manager")
    unit = "s"
    null = {
        "pt-br": "Sem pausa o tempo é zero.",
        "en": "Without a pause the time is zero.",
    }
