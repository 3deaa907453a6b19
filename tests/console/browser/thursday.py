"""The bakery's messages up to the moment of the screenshots."""

from __future__ import annotations

from areas.models import Operator
from contacts.models import Channel
from tests.console.browser.bakery import IN, OUT, Bakery
from tests.console.browser.company import Company


def fill(company: Company) -> Bakery:
    """Writes all messages up to NOW."""
    bakery, ana, bruno = Bakery(company), company.ana, company.bruno
    _fill_mine(bakery, ana)
    _fill_queue(bakery)
    bakery.chat(
        "Heitor Campos",
        "vendas",
        bruno,
        [(50, IN, "Bom dia, tem pão sem glúten?"), (44, OUT, "Temos às sextas.")],
    )
    return bakery


def _fill_mine(bakery: Bakery, ana: Operator) -> None:
    """Writes the chats assigned to Ana."""
    bakery.chat(
        "Paulo Tavares",
        "entregas",
        ana,
        [
            (1690, IN, "Vocês entregam na Vila Mariana?"),
            (1684, OUT, "Entregamos, sim. A taxa é de R$ 12."),
            (1680, IN, "Ótimo, vou ver o endereço e já volto."),
        ],
    )
    bakery.chat(
        "Renata Mendes",
        "suporte",
        ana,
        [
            (96, IN, "O boleto veio com o valor antigo"),
            (
                80,
                OUT,
                "Já corrigi, acabei de mandar o novo.",
                {"status": "delivered"},
            ),
        ],
        channel=Channel.FACEBOOK,
    )
    bakery.chat(
        "Joana Lima",
        "vendas",
        ana,
        [
            (70, IN, "Quanto sai o cento de brigadeiros?"),
            (66, OUT, "O cento sai por R$ 140."),
            (19, IN, "E com forminha dourada?"),
        ],
        unread=1,
        due=-4,
    )
    bakery.chat(
        "Marcos Figueiredo",
        "vendas",
        ana,
        [
            (41, IN, "Fazem café da manhã para empresa?"),
            (35, OUT, "Fazemos. Para quantas pessoas?"),
            (13, IN, "São 30 pessoas, na quarta-feira."),
            (12, IN, "Às 8h, se for possível."),
        ],
        unread=2,
        tags=("orcamento",),
        due=2,
    )
    bakery.chat(
        "Maria Aparecida Souza",
        "vendas",
        ana,
        [
            (58, IN, "Boa tarde! Queria encomendar um bolo para sábado."),
            (55, OUT, "Boa tarde, Maria! Claro. Para quantas pessoas?"),
            (52, IN, "Umas 50. De cenoura com chocolate, se tiver."),
            (
                50,
                OUT,
                "Temos, sim. O de 50 fatias sai por R$ 299,80, com retirada a partir "
                "das 9h. O sinal é de metade, por Pix.",
            ),
            (21, IN, "comprovante.png", {"caption": "Segue o comprovante do sinal"}),
            (18, OUT, "Recebi, obrigada! Quer escrever alguma coisa no bolo?"),
            (6, IN, "recado.ogg"),
            (
                5,
                IN,
                "É isso que falei no áudio: “Parabéns, Lúcia”",
                {"quotes": "Recebi, obrigada! Quer escrever alguma coisa no bolo?"},
            ),
        ],
        tags=("vip", "orcamento"),
        due=9,
    )


def _fill_queue(bakery: Bakery) -> None:
    """Writes the queued chats."""
    bakery.chat(
        "Inês Guimarães",
        "vendas",
        None,
        [
            (24, IN, "Oi! Vocês fazem bolo de casamento?"),
            (23, IN, "Seria para 80 pessoas, no dia 12."),
            (22, IN, "Precisava de uma ideia de preço ainda hoje."),
        ],
        unread=3,
        due=-9,
    )
    bakery.chat(
        "Carlos Eduardo Prado",
        "entregas",
        None,
        [(13, IN, "Meu pedido saiu para entrega?")],
        unread=1,
        due=2,
    )
    bakery.chat(
        "Beatriz Nogueira",
        "vendas",
        None,
        [(7, IN, "Vocês têm panetone artesanal?")],
        channel=Channel.FACEBOOK,
        unread=1,
        due=8,
    )
    bakery.chat(
        "Sérgio Amaral",
        "suporte",
        None,
        [(3, IN, "O site não aceita o meu cupom.")],
        unread=1,
        due=12,
    )
