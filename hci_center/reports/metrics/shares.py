"""The metrics that are shares of a count."""

from __future__ import annotations

from typing import ClassVar

from hci_center.reports.metrics.metric import DAYS, Share


class Reopen(Share):
    name = "reopen"
    label = {"pt-br": "Reabertura", "en": "Reopened"}
    formula = {
        "pt-br": "Resolvidos cuja conversa foi reaberta em até 72 h ÷ resolvidos.",
        "en": "Resolved whose chat was reopened within 72 h ÷ resolved.",
    }
    cohort, by = "closed", (*DAYS, "area", "operator", "channel", "manager")
    waits_for_return = True


class Recontact(Share):
    name = "recontact"
    label = {"pt-br": "Novo contato", "en": "Contacted again"}
    formula = {
        "pt-br": "Resolvidos cujo cliente abriu outra conversa em até 72 h ÷ resolvidos. "
        "A que um operador ou uma pessoa abriu não conta.",
        "en": "Resolved whose contact got another chat within 72 h ÷ resolved. Chats "
        "that an operator or another person opened are not counted.",
    }
    cohort, by = "closed", (*DAYS, "area", "operator", "channel", "manager")
    waits_for_return = True


class OneContact(Share):
    name = "one_contact"
    label = {"pt-br": "Resolvido no 1º contato", "en": "Resolved at first contact"}
    formula = {
        "pt-br": "Resolvidos com um só autor humano, sem transferência, reabertura ou "
        "novo contato ÷ resolvidos.",
        "en": "Resolved with one human author and no transfer, reopening or further "
        "contact ÷ resolved.",
    }
    cohort, by = "closed", (*DAYS, "area", "operator", "channel", "manager")
    waits_for_return = True


class Transfer(Share):
    name = "transfer"
    label = {"pt-br": "Transferência", "en": "Transferred"}
    formula = {
        "pt-br": "Atendidos com transferência ÷ atendidos. Por operador: os que ele "
        "passou adiante ÷ os que teve. Por área: os que saíram dela ÷ os que teve com "
        "operador. A volta à fila da mesma área não é transferência.",
        "en": "Served with a transfer ÷ served. By operator: those that the operator "
        "transferred ÷ those that the operator held. By area: those that left it ÷ those "
        "held in it. A return to the queue of the same area is not a transfer.",
    }
    cohort, by = "closed", (*DAYS, "area", "operator", "channel", "manager")


class Bounce(Share):
    name = "bounce"
    label = {"pt-br": "Vai e volta", "en": "Sent back"}
    formula = {
        "pt-br": "Com volta a uma área já deixada ÷ com transferência. Por área: os que "
        "voltaram a ela ÷ os que a deixaram ou voltaram a ela.",
        "en": "With a return to an area left before ÷ with a transfer. By area: those "
        "that came back to it ÷ those that left it or came back to it.",
    }
    cohort, by = "closed", (*DAYS, "area", "channel", "manager")


class Lost(Share):
    name = "lost"
    label = {"pt-br": "Perdidos na fila", "en": "Lost in the queue"}
    formula = {
        "pt-br": "Encerrados sem atendimento depois de esperar ÷ os que esperaram.",
        "en": "Closed unserved after waiting ÷ those that waited.",
    }
    cohort, by = "closed", (*DAYS, "area", "channel", "manager")


class Abandoned(Share):
    name = "abandoned"
    label = {"pt-br": "Abandonados", "en": "Abandoned"}
    formula = {
        "pt-br": "Atendidos que o cliente ou a inatividade encerrou ÷ atendidos.",
        "en": "Served, and closed by the customer or for being idle ÷ served.",
    }
    cohort, by = "closed", (*DAYS, "area", "operator", "channel", "manager")


class Contained(Share):
    name = "contained"
    label = {"pt-br": "Resolvidos pelo robô", "en": "Contained by the bot"}
    formula = {
        "pt-br": "Encerrados pelo robô sem ninguém ÷ os que passaram por ele. "
        "`dropped`: abandonados nele, por etapa (`sa`).",
        "en": "Closed by the bot without an operator ÷ those that had a bot. `dropped`: "
        "left while with the bot, by step (`sa`).",
    }
    cohort, by = "closed", (*DAYS, "channel", "manager")
    parts, valued_part = ("dropped",), "dropped"


class Sla(Share):
    """Samples within their target; running ones are missed once they are over it."""

    duration: ClassVar[str] = ""
    missed: ClassVar[str] = ""
    clocks = ("business",)
    by = (*DAYS, "area", "operator", "channel", "manager")


def _sla_formula(duration: str, missed: str) -> dict[str, str]:
    return {
        "pt-br": f"Amostras de `{duration}` dentro da meta, pelo relógio comercial ÷ "
        f"amostras com meta{missed and f' + `{missed}` que a passaram'}.",
        "en": f"Samples of `{duration}` within their target, by the business clock ÷ "
        f"samples with a target{missed and f' + `{missed}` that passed it'}.",
    }


class SlaTme(Sla):
    name, duration, missed, cohort = "sla_tme", "tme", "unserved", "happened"
    label = {"pt-br": "Meta de TME", "en": "Target of the queue"}
    formula = _sla_formula("tme", "unserved")


class SlaTmr1(Sla):
    name, duration, missed, cohort = "sla_tmr1", "tmr1", "unanswered", "happened"
    label = {"pt-br": "Meta de TMR1", "en": "Target of the first answer"}
    formula = _sla_formula("tmr1", "unanswered")


class SlaTmr(Sla):
    name, duration, missed, cohort = "sla_tmr", "tmr", "unanswered", "happened"
    label = {"pt-br": "Meta de TMR", "en": "Target of answers"}
    formula = _sla_formula("tmr", "unanswered")


class SlaResolution(Sla):
    name, duration, cohort = "sla_resolution", "resolution", "closed"
    label = {"pt-br": "Meta de resolução", "en": "Target of the resolution"}
    formula = _sla_formula("resolution", "")


class Csat(Share):
    name = "csat"
    label = {"pt-br": "Satisfação", "en": "Satisfaction"}
    formula = {
        "pt-br": "Notas 4 e 5 ÷ notas; `marks` diz quantas de cada.",
        "en": "Marks 4 and 5 ÷ marks; `marks` says how many of each.",
    }
    cohort, by = "happened", (*DAYS, "area", "operator", "channel", "manager")
    parts, valued_part = ("marks",), "marks"


class AnsweredSurveys(Share):
    name = "answered_surveys"
    label = {"pt-br": "Pesquisas respondidas", "en": "Answered surveys"}
    formula = {
        "pt-br": "Pesquisas respondidas ÷ enviadas; `lost` conta as que não saíram.",
        "en": "Answered surveys ÷ asked ones; `lost` counts those that were not sent.",
    }
    cohort, by = "happened", (*DAYS, "area", "operator", "channel", "manager")
    parts = ("lost",)
