"""The metrics of gateway accounts: how they deliver, and how long they are open."""

from __future__ import annotations

from hci_center.reports.metrics.metric import DAYS, NO_SAMPLE, Metric


class Delivery(Metric):
    name = "delivery"
    label = {"pt-br": "Entrega", "en": "Delivery"}
    formula = {
        "pt-br": "Mensagens postas na fila de envio (`n`). `p50` e `p95`: milissegundos "
        "da fila até o envio; em `delivered`, do envio até a entrega. `failed`: falhas "
        "por código; o que foi entregue depois não é falha.",
        "en": "Messages queued to be sent (`n`). `p50` and `p95`: milliseconds from "
        "queued to sent; in `delivered`, from sent to delivered. `failed`: failures by "
        "code; what was delivered after all is none.",
    }
    cohort, by = "queued", (*DAYS, "channel", "manager")
    unit, null = "ms", NO_SAMPLE
    parts, valued_part = ("sent", "delivered", "failed"), "failed"


class Health(Metric):
    name = "health"
    label = {"pt-br": "Contas no ar", "en": "Accounts open"}
    formula = {
        "pt-br": "Tempo com a conta aberta ÷ tempo de estado conhecido. `n`: incidentes, "
        "com a conta fora por 60 s ou mais, no dia em que acabaram. `gaps`: horas sem "
        "nenhuma mensagem da conta em que a mesma hora das quatro semanas anteriores "
        "teve mediana de pelo menos 1.",
        "en": "Time with the account open ÷ time of a known state. `n`: incidents, not "
        "open for 60 s or longer, on the day on which they ended. `gaps`: hours without "
        "any message of the account where the same hour of the four weeks before had a "
        "median of at least 1.",
    }
    cohort, by = "happened", (*DAYS, "channel", "manager")
    unit = "share"
    null = {
        "pt-br": "Sem tempo de estado conhecido a taxa é nula.",
        "en": "Without time of a known state the share is null.",
    }
