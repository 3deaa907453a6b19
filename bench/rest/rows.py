"""Deterministic rows for the benchmark, in the server's own tables.

S = 10 managers x 1,000 contacts, 100,000 messages; M = 10 x 10,000, 1,000,000; L = as
M, 3,000,000. An eleventh manager has no contact. S1 and L1 have as much with one
manager: for the rules.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

SIZES = {
    "S": (10, 1_000, 100_000),
    "M": (10, 10_000, 1_000_000),
    "L": (10, 10_000, 3_000_000),
    "S1": (1, 10_000, 100_000),
    "L1": (1, 100_000, 3_000_000),
}
SEED = 20261122
AREAS, OPERATORS = 21, 40
# The controller's port of the first manager.
PORT = 8080
# Of each manager's contacts, op-1 has 120 (20 of them in area-1), 80 more wait in
# area-1, 100 have 50 messages, one has 10,000; the others are written to.
OWN, MATCHING, FIFTY, BIG, FREE = 120, 200, range(200, 300), 300, 301
WORDS = (
    "bom dia preciso de ajuda com o meu pedido boleto vencido segunda via prazo "
    "entrega cancelar assinatura troca produto nota fiscal atendente obrigado não "
    "consegui acessar minha conta senha endereço alteração cadastro pagamento"
).split()
Row = tuple[Any, ...]
Tables = dict[str, tuple[str, Callable[[str], Iterator["Row"]]]]


def number(m: int) -> int:
    return 551130000000 + m


def page(m: int) -> str:
    return str(369258147000 + m)


def external_id(m: int, i: int) -> str:
    # Landlines have only one spelling. Odd unassigned ones are customers of the page.
    return str(551120000000 + m * 1_000_000 + i)


def on_page(i: int) -> bool:
    return i >= FREE and i % 4 == 1


def operator_pk(m: int, k: int) -> int:
    return m * OPERATORS + k


def area_pk(m: int, k: int) -> int:
    return m * AREAS + k


def contact_pks(size: str) -> dict[tuple[int, int], int]:
    """Returns the ids by (manager, position), shuffled as they would be over time."""
    managers, contacts, _ = SIZES[size]
    order = [(m, i) for m in range(managers) for i in range(contacts)]
    random.Random(SEED).shuffle(order)
    return {place: k for k, place in enumerate(order, 1)}


def standing(m: int, i: int) -> tuple[int | None, int]:
    """Returns a contact's operator (None if unassigned) and area."""
    if i < OWN:
        return operator_pk(m, 1), area_pk(m, 1 if i < 20 else 2 + i % 19)
    if i < MATCHING:
        return None, area_pk(m, 1)
    operator = None if i % 2 == 0 else operator_pk(m, 2 + i % 19)
    return operator, area_pk(m, 2 + (i // 19) % 19)


def contact_rows(size: str) -> Iterator[Row]:
    start = datetime(2025, 1, 1, tzinfo=UTC)
    steps = random.Random(SEED + 2)
    for (m, i), pk in contact_pks(size).items():
        operator, area = standing(m, i)
        yield (
            pk,
            m + 1,
            "facebook" if on_page(i) else "whatsapp",
            external_id(m, i),
            f"Cliente {m}-{i:05d} Ção",
            f"https://cdn.example.com/p/{m}/{i}.jpg",
            area,
            operator,
            f"BR{(pk * 2654435761) % 10**10:010d}",
            steps.randrange(-100, 3),
            0,
            start + timedelta(seconds=pk * 7),
            start,
        )


def chats_in_turn(size: str) -> list[int]:
    """Returns each message's chat, interleaved as they would be over time.

    A chat has the id of its contact.
    """
    chosen: list[int] = []
    rest: list[int] = []
    for (m, i), pk in contact_pks(size).items():
        if m == 0 and i == BIG:
            chosen += [pk] * 10_000
        elif i in FIFTY:
            chosen += [pk] * 50
        else:
            rest.append(pk)
    chosen += [rest[k % len(rest)] for k in range(SIZES[size][2] - len(chosen))]
    random.Random(SEED + 1).shuffle(chosen)
    return chosen


def message_rows(size: str) -> Iterator[Row]:
    managers = {pk: m + 1 for (m, _), pk in contact_pks(size).items()}
    chance = random.Random(SEED + 3)
    texts = [
        " ".join(chance.choice(WORDS) for _ in range(chance.randrange(3, 22)))
        for _ in range(5000)
    ]
    start = datetime(2025, 1, 1, tzinfo=UTC)
    for k, pk in enumerate(chats_in_turn(size), 1):
        x = chance.random()
        incoming = x < 0.6
        file = x < 0.05
        yield (
            k,
            f"{(k * 0x9E3779B97F4A7C15F39CC0605CEDC835) % 2**128:032x}",
            managers[pk],
            pk,
            pk,
            "in" if incoming else "out",
            "image" if file else "text",
            "Arquivo em anexo" if file else texts[int(x * 1e6) % 5000],
            f"https://cdn.example.com/f/{k}.jpg" if file else "",
            "" if incoming else str(operator_pk(managers[pk] - 1, 1 + k % 20)),
            "read" if incoming or x < 0.9 else "sent",
            "",
            start + timedelta(seconds=k * 10),
        )


def params(size: str) -> dict[str, Any]:
    """Returns the ids that the measuring program may request."""
    managers, contacts, _ = SIZES[size]
    pool = [(m, i) for m in range(managers) for i in range(FREE, contacts)]
    random.Random(7).shuffle(pool)
    written = [(m, i) for m, i in pool if not on_page(i)]
    return {
        "numbers": [number(m) for m in range(managers)],
        "empty_number": number(10),
        "operators": [str(operator_pk(m, 1)) for m in range(managers)],
        "area": "area-1",
        "contacts": contacts,
        "matching": MATCHING,
        "fifty": [
            (int(external_id(m, i)), str(operator_pk(m, 1)))
            for m in range(managers)
            for i in FIFTY
        ],
        "big": (int(external_id(0, BIG)), str(operator_pk(0, 1))),
        "send": [(int(external_id(m, i)), number(m)) for m, i in written][:15000],
        "sa": [(external_id(m, i), page(m)) for m, i in pool if on_page(i)][:15000],
        # Of the first manager: an operator's text names its port.
        "answer": [
            (int(external_id(m, i)), str(standing(m, i)[0]))
            for m, i in written
            if m == 0 and i % 2
        ],
        # Unassigned, and always claimed by the same operator: a repeat succeeds.
        "claim": [
            (int(external_id(m, i)), number(m), str(operator_pk(m, 30 + i % 9)))
            for m, i in written
            if i % 2 == 0
        ][:15000],
    }


DAY = datetime(2025, 1, 1, tzinfo=UTC)


def manager_rows(_size: str) -> Iterator[Row]:
    for m in range(11):
        yield (
            *(m + 1, f"Central {m}", f"central{m}@example.com", number(m)),
            *(PORT + m, page(m), "", "controller", "", "America/Sao_Paulo"),
            *(False, DAY),
        )


def area_rows(_size: str) -> Iterator[Row]:
    for m in range(10):
        for k in range(AREAS):
            yield area_pk(m, k), m + 1, f"area-{k}", f"Area {k}", False, DAY


def user_rows(_size: str) -> Iterator[Row]:
    for pk in range(1, 10 * OPERATORS):
        yield pk, "!", False, f"bench-{pk}", "", "", "", False, True, DAY


def operator_rows(_size: str) -> Iterator[Row]:
    for m in range(10):
        for k in range(1, OPERATORS):
            pk = operator_pk(m, k)
            yield pk, pk, m + 1, f"op-{k}", "", True, DAY


def serving_rows(_size: str) -> Iterator[Row]:
    """Returns rows that let every operator serve every area."""
    for m in range(10):
        for k in range(1, OPERATORS):
            for a in range(AREAS):
                pk = operator_pk(m, k) * AREAS + a
                yield pk, m + 1, operator_pk(m, k), area_pk(m, a)


def identity_rows(size: str) -> Iterator[Row]:
    for (m, i), pk in contact_pks(size).items():
        channel = "facebook" if on_page(i) else "whatsapp"
        yield pk, m + 1, channel, external_id(m, i), pk


def chat_rows(size: str) -> Iterator[Row]:
    for (m, _), pk in contact_pks(size).items():
        yield pk, m + 1, pk, f"BR{(pk * 2654435761) % 10**10:010d}", DAY


# In the order of their foreign keys.
TABLES: Tables = {
    "managers_manager": (
        "id,name,email,number,controller_port,facebook_id,facebook_token,gateway,"
        "gateway_settings,time_zone,is_demo,created_at",
        manager_rows,
    ),
    "areas_area": ("id,manager_id,code,name,needs_review,created_at", area_rows),
    "auth_user": (
        "id,password,is_superuser,username,first_name,last_name,email,is_staff,"
        "is_active,date_joined",
        user_rows,
    ),
    "areas_operator": (
        "id,user_id,manager_id,name,email,is_active,created_at",
        operator_rows,
    ),
    "areas_operatorarea": ("id,manager_id,operator_id,area_id", serving_rows),
    "contacts_contact": (
        "id,manager_id,channel,external_id,name,photo,area_id,operator_id,protocol,sa,"
        "unread,last_message_at,created_at",
        contact_rows,
    ),
    "contacts_identity": ("id,manager_id,channel,alias,contact_id", identity_rows),
    "chats_chat": ("id,manager_id,contact_id,protocol,opened_at", chat_rows),
    "chats_message": (
        "id,uuid,manager_id,contact_id,chat_id,direction,type,content,url,sender,"
        "status,error,created_at",
        message_rows,
    ),
}
