"""The rows of a busy centre: one manager, most chats closed, some in each state.

Made from the rows of bench/rest for the sizes S1 and L1, with people's names, tags,
words that are rare or seasonal, and operators who serve three areas each.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from functools import cache

import rows
from rows import Row

# Open chats; a chat has the id of its contact, and the first ones are open.
OPEN = {"S1": 500, "L1": 5_000}
# In areas 1 to 10 operators claim waiting customers; areas 11 to 20 assign them.
QUEUES, ASSIGNING = range(1, 11), range(11, 21)
ENTRY = 20
MANAGER = 1
RARE, SELDOM, SEASONAL = "zarabatana", "garantia", "natal"
COMMON, COMMON_PAIR = "pedido", "pedido boleto"

FIRST_NAMES = (
    "Ana Antônio Beatriz Bruno Caio Camila Carlos Cecília Daniel Débora Eduardo Elisa "
    "Fábio Fernanda Gabriel Gustavo Helena Heloísa Igor Inês João José Júlia Larissa "
    "Laura Lucas Luíza Marcos Maria Mariana Mateus Nathália Otávio Patrícia Paulo "
    "Rafael Renata Rodrigo Sérgio Tatiana Thiago Vinícius Vitória Yasmin"
).split()
LAST_NAMES = (
    "Silva Santos Oliveira Souza Rodrigues Ferreira Alves Pereira Lima Gomes Costa "
    "Ribeiro Martins Carvalho Almeida Lopes Soares Fernandes Vieira Barbosa Rocha Dias "
    "Nascimento Andrade Moreira Nunes Marques Machado Mendes Freitas Cardoso Ramos "
    "Gonçalves Santana Teixeira Araújo Conceição Brandão Magalhães Guimarães Falcão"
).split()
TAGS = ("vip", "reclamacao", "orcamento", "novo", "boleto", "troca", "campanha", "rma")


def name_of(pk: int) -> str:
    names = (
        FIRST_NAMES[pk * 7 % len(FIRST_NAMES)],
        LAST_NAMES[pk * 13 // 5 % len(LAST_NAMES)],
        # One customer in five thousand has this name.
        "Zwierzikowski" if pk % 5000 == 77 else LAST_NAMES[pk * 17 // 3 % 41],
    )
    return " ".join(names)


def areas_of(operator: int) -> tuple[int, ...]:
    """Returns the three areas of an operator."""
    return tuple(sorted(1 + (operator + step) % 20 for step in (0, 7, 14)))


@cache
def operators_of(area: int) -> tuple[int, ...]:
    """Returns the operators who serve an area."""
    return tuple(k for k in range(1, rows.OPERATORS) if area in areas_of(k))


def state_of(pk: int, size: str) -> str:
    """Returns the state of a contact's chat."""
    if pk > OPEN[size]:
        return "closed"
    return ("menu", *("waiting",) * 4, *("serving",) * 3, *("answered",) * 2)[pk % 10]


def standing(pk: int, size: str) -> tuple[int | None, int | None]:
    """Returns a contact's area and operator."""
    state = state_of(pk, size)
    area = 1 + (pk // 10) % 20
    if state == "menu" or (state == "waiting" and pk // 10 % 20 == 0):
        return None, None
    if state == "waiting":
        return QUEUES[area % len(QUEUES)], None
    if state == "closed":
        return area, None
    serving = operators_of(area)
    return area, serving[pk // 200 % len(serving)]


@cache
def last_messages(size: str) -> dict[int, int]:
    """Returns the position of each chat's last message."""
    return {pk: k for k, pk in enumerate(rows.chats_in_turn(size), 1)}


def _written_at(pk: int, size: str) -> timedelta:
    return timedelta(seconds=last_messages(size)[pk] * 10)


def contact_rows(size: str) -> Iterator[Row]:
    for row in rows.contact_rows(size):
        pk = row[0]
        area, operator = standing(pk, size)
        last = rows.DAY + _written_at(pk, size)
        yield (*row[:4], name_of(pk), row[5], area, operator, *row[8:11], last, row[12])


def chat_rows(size: str) -> Iterator[Row]:
    for pk, manager, contact, protocol, opened_at in rows.chat_rows(size):
        closed_at = None
        if state_of(pk, size) == "closed":
            closed_at = opened_at + _written_at(pk, size) + timedelta(minutes=10)
        yield pk, manager, contact, protocol, opened_at, closed_at


def message_rows(size: str) -> Iterator[Row]:
    count = rows.SIZES[size][2]
    season = range(count // 2, count * 6 // 10)
    for row in rows.message_rows(size):
        k, content = row[0], row[7]
        if row[6] == "text":
            if k % (count // 30) == 7:
                content += f" {RARE}"
            if k % 1000 == 3:
                content += f" {SELDOM}"
            if k in season and k % 10 == 5:
                content += f" {SEASONAL}"
        yield (*row[:7], content, *row[8:])


def serving_rows(_size: str) -> Iterator[Row]:
    for row in rows.serving_rows(_size):
        pk, manager, operator, area = row
        if manager == MANAGER and area in areas_of(operator):
            yield pk, manager, operator, area


def tag_rows(_size: str) -> Iterator[Row]:
    for pk, code in enumerate(TAGS, 1):
        yield pk, MANAGER, code, code.title(), "#2563eb", True


def tagging_rows(size: str) -> Iterator[Row]:
    count = 0
    for contact in range(1, rows.SIZES[size][1] + 1):
        wanted = {1 + contact % 8} if contact % 2 else set()
        if contact % 3 == 0:
            wanted.add(1 + contact // 8 % 8)
        for tag in sorted(wanted):
            count += 1
            yield count, MANAGER, contact, tag


TABLES = rows.TABLES | {
    "areas_operatorarea": (rows.TABLES["areas_operatorarea"][0], serving_rows),
    "contacts_contact": (rows.TABLES["contacts_contact"][0], contact_rows),
    "contacts_tag": ("id,manager_id,code,name,colour,is_active", tag_rows),
    "contacts_tagging": ("id,manager_id,contact_id,tag_id", tagging_rows),
    "chats_chat": (
        "id,manager_id,contact_id,protocol,opened_at,closed_at",
        chat_rows,
    ),
    "chats_message": (rows.TABLES["chats_message"][0], message_rows),
}
# Tables are loaded in the order of their foreign keys.
TABLES["chats_message"] = TABLES.pop("chats_message")
