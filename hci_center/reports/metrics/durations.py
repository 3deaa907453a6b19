"""The metrics that are durations."""

from __future__ import annotations

from hci_center.reports.metrics.metric import DAYS, HOURS, Duration


class Tme(Duration):
    name = "tme"
    label = {"pt-br": "TME, espera na fila", "en": "Wait in the queue"}
    formula = {
        "pt-br": "De cada permanência numa fila que alguém atendeu: do início dela até "
        "a primeira vez que um operador ficou com a conversa. Quem já chega com operador "
        "não espera e não conta.",
        "en": "For each stay in a queue that ended with an operator: from its beginning "
        "until an operator first has the chat. A stay that begins with an operator has "
        "no wait and is not counted.",
    }
    cohort, by = "happened", (*DAYS, *HOURS, "area", "operator", "channel", "manager")
    parts = ("unserved",)


class Unserved(Duration):
    name = "unserved"
    label = {"pt-br": "Não atendidos", "en": "Not served"}
    formula = {
        "pt-br": "Permanências que terminaram sem ninguém: do início até o encerramento "
        "ou a ida a outra área.",
        "en": "Stays that ended without an operator: from their beginning until the "
        "closing or the move to another area.",
    }
    cohort, by = "happened", (*DAYS, "area", "channel", "manager")


class Queue(Duration):
    name = "queue"
    label = {"pt-br": "Fila total", "en": "Whole time in queues"}
    formula = {
        "pt-br": "Por atendimento que saiu do robô: todo o tempo depois dele sem "
        "operador. Área: a do encerramento.",
        "en": "Per episode that left the bot: all time after it without an operator. "
        "Area: that of the closing.",
    }
    cohort, by = "closed", (*DAYS, "area", "channel", "manager")


class Tmr1(Duration):
    name = "tmr1"
    label = {"pt-br": "TMR1, primeira resposta", "en": "First answer"}
    formula = {
        "pt-br": "Da primeira mensagem do cliente à espera de alguém (no mínimo o fim do "
        "robô) até a primeira mensagem de um operador no atendimento.",
        "en": "From the customer's first message that waits for somebody (at the "
        "earliest the bot's end) to an operator's first message in the episode.",
    }
    cohort, by = "happened", (*DAYS, *HOURS, "area", "operator", "channel", "manager")
    parts = ("unanswered", "byPhone")


class Tmr(Duration):
    name = "tmr"
    label = {"pt-br": "TMR, resposta", "en": "Answer"}
    formula = {
        "pt-br": "Da primeira mensagem sem resposta do cliente até a próxima de um "
        "operador, depois que algum operador já escreveu no atendimento.",
        "en": "From the customer's first unanswered message to an operator's next one, "
        "after an operator has written in the episode.",
    }
    cohort, by = "happened", (*DAYS, *HOURS, "area", "operator", "channel", "manager")
    parts = ("unanswered", "byPhone")


class Unanswered(Duration):
    name = "unanswered"
    label = {"pt-br": "Sem resposta", "en": "Never answered"}
    formula = {
        "pt-br": "Esperas do cliente que o encerramento acabou: da mensagem até ele; "
        "`first` conta as que seriam a primeira resposta.",
        "en": "Customers' waits for an answer that ended with the closing: from the "
        "message until then. `first` counts waits for the first answer.",
    }
    cohort, by = "closed", (*DAYS, "area", "channel", "manager")
    parts = ("first",)


class Owed(Duration):
    name = "owed"
    label = {"pt-br": "Espera do cliente", "en": "Time owed to the customer"}
    formula = {
        "pt-br": "Por atendimento em que o cliente esperou: a soma das esperas por uma "
        "palavra de alguém.",
        "en": "Per episode in which the customer waited: the sum of all times in which "
        "an answer was owed.",
    }
    cohort, by = "closed", (*DAYS, "area", "operator", "channel", "manager")


class Reaction(Duration):
    name = "reaction"
    label = {"pt-br": "Reação", "en": "Reaction"}
    formula = {
        "pt-br": "De cada vez que um operador assume uma conversa em que o cliente "
        "espera: do momento em que assume até sua primeira mensagem.",
        "en": "For each time an operator takes a chat whose customer waits: from then "
        "until the operator's first message.",
    }
    cohort, by = "happened", (*DAYS, "area", "operator", "channel", "manager")


class Tma(Duration):
    name = "tma"
    label = {"pt-br": "TMA, tratamento", "en": "Handling"}
    formula = {
        "pt-br": "Por atendimento e grupo: o tempo com operador, sem o que ficou em "
        "espera. Quem não teve operador não conta.",
        "en": "Per episode and group: the time with an operator, without the time on "
        "hold. Episodes that never had an operator are not counted.",
    }
    cohort, by = "closed", (*DAYS, "area", "operator", "channel", "manager")


class Resolution(Duration):
    name = "resolution"
    label = {"pt-br": "Resolução", "en": "Resolution"}
    formula = {
        "pt-br": "De atendimentos resolvidos: do início do atendimento ao encerramento.",
        "en": "Of resolved episodes: from the beginning of the episode to its closing.",
    }
    cohort, by = "closed", (*DAYS, "area", "operator", "channel", "manager")


class FullResolution(Duration):
    name = "full_resolution"
    label = {"pt-br": "Resolução total", "en": "Full resolution"}
    formula = {
        "pt-br": "De atendimentos resolvidos: da primeira abertura da conversa ao "
        "encerramento; cada encerramento é uma amostra.",
        "en": "Of resolved episodes: from the chat's first opening to the closing; each "
        "closing is a sample.",
    }
    cohort, by = "closed", (*DAYS, "area", "operator", "channel", "manager")
