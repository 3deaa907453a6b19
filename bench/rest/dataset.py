"""The rows that the benchmark asks for: deterministic, in this product's own tables.

S = 10 managers x 1,000 contacts, 100,000 messages; L = 10 x 10,000, 3,000,000. An
eleventh manager has no contact. Loaded by COPY with triggers off, then ANALYZEd, so
that a table is as an import leaves it.

    python bench/rest/dataset.py --dsn DSN --size S            # load (empty tables)
    python bench/rest/dataset.py --dsn DSN --size S --reset    # undo what a run wrote
    python bench/rest/dataset.py --dsn DSN --size S --bare     # the bare peer's copy
"""

from __future__ import annotations

import argparse
import random
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg

SIZES = {"S": (10, 1_000, 100_000), "L": (10, 10_000, 3_000_000)}
SEED = 20261122
AREAS, OPERATORS = 21, 40
# Of each manager's contacts: 120 are op-1's (20 of them in area-1), 80 more wait in
# area-1, 100 have 50 messages, one has 10,000; the rest is written to.
OWN, MATCHING, FIFTY, BIG, FREE = 120, 200, range(200, 300), 300, 301
WORDS = (
    "bom dia preciso de ajuda com o meu pedido boleto vencido segunda via prazo "
    "entrega cancelar assinatura troca produto nota fiscal atendente obrigado não "
    "consegui acessar minha conta senha endereço alteração cadastro pagamento"
).split()
Row = tuple[Any, ...]


def number(m: int) -> int:
    return 551130000000 + m


def page(m: int) -> str:
    return str(369258147000 + m)


def external_id(m: int, i: int) -> str:
    # Landlines: one spelling each. Odd ones of the free are customers of the page.
    return str(551120000000 + m * 1_000_000 + i)


def on_page(i: int) -> bool:
    return i >= FREE and i % 4 == 1


def operator_pk(m: int, k: int) -> int:
    return m * OPERATORS + k


def area_pk(m: int, k: int) -> int:
    return m * AREAS + k


def contact_pks(size: str) -> dict[tuple[int, int], int]:
    """(manager, position) → id, in a shuffled heap order as time would make it."""
    managers, contacts, _ = SIZES[size]
    order = [(m, i) for m in range(managers) for i in range(contacts)]
    random.Random(SEED).shuffle(order)
    return {place: k for k, place in enumerate(order, 1)}


def standing(m: int, i: int) -> tuple[int | None, int]:
    """A contact's operator (None: nobody's) and area."""
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


def message_rows(size: str) -> Iterator[Row]:
    """Interleaved over the chats as time would make them; a chat's id is its contact's."""
    total = SIZES[size][2]
    pks = contact_pks(size)
    managers = {pk: m + 1 for (m, _), pk in pks.items()}
    chosen: list[int] = []
    rest: list[int] = []
    for (m, i), pk in pks.items():
        if m == 0 and i == BIG:
            chosen += [pk] * 10_000
        elif i in FIFTY:
            chosen += [pk] * 50
        else:
            rest.append(pk)
    chosen += [rest[k % len(rest)] for k in range(total - len(chosen))]
    chance = random.Random(SEED + 1)
    chance.shuffle(chosen)
    texts = [
        " ".join(chance.choice(WORDS) for _ in range(chance.randrange(3, 22)))
        for _ in range(5000)
    ]
    start = datetime(2025, 1, 1, tzinfo=UTC)
    for k, pk in enumerate(chosen, 1):
        x = chance.random()
        incoming = x < 0.6
        file = x < 0.05
        yield (
            k,
            uuid.UUID(int=chance.getrandbits(128), version=4),
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
    """The ids that the measuring program may ask for."""
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
        # Nobody's, and always claimed by the same operator: a repeat succeeds.
        "claim": [
            (int(external_id(m, i)), number(m), str(operator_pk(m, 30 + i % 9)))
            for m, i in written
            if i % 2 == 0
        ][:15000],
    }


COLUMNS = {
    "managers_manager": "id,name,email,number,controller_port,facebook_id,"
    "facebook_token,gateway,gateway_settings,time_zone,is_demo,created_at",
    "areas_area": "id,manager_id,code,name,needs_review,created_at",
    "auth_user": "id,password,is_superuser,username,first_name,last_name,email,"
    "is_staff,is_active,date_joined",
    "areas_operator": "id,user_id,manager_id,name,email,is_active,created_at",
    "areas_operatorarea": "id,manager_id,operator_id,area_id",
    "contacts_contact": "id,manager_id,channel,external_id,name,photo,area_id,"
    "operator_id,protocol,sa,unread,last_message_at,created_at",
    "contacts_identity": "id,manager_id,channel,alias,contact_id",
    "chats_chat": "id,manager_id,contact_id,protocol,opened_at",
    "chats_message": "id,uuid,manager_id,contact_id,chat_id,direction,type,content,"
    "url,sender,status,error,created_at",
}


def rows(table: str, size: str) -> Iterator[Row]:
    day = datetime(2025, 1, 1, tzinfo=UTC)
    if table == "managers_manager":
        for m in range(11):
            yield (
                *(m + 1, f"Central {m}", f"central{m}@example.com", number(m)),
                *(8080 + m, page(m), "", "controller", "", "America/Sao_Paulo"),
                *(False, day),
            )
    elif table == "areas_area":
        for m in range(10):
            for k in range(AREAS):
                yield area_pk(m, k), m + 1, f"area-{k}", f"Area {k}", False, day
    elif table == "auth_user":
        for pk in range(1, 10 * OPERATORS):
            yield pk, "!", False, f"bench-{pk}", "", "", "", False, True, day
    elif table == "areas_operator":
        for m in range(10):
            for k in range(1, OPERATORS):
                pk = operator_pk(m, k)
                yield pk, pk, m + 1, f"op-{k}", "", True, day
    elif table == "areas_operatorarea":
        for m in range(10):
            for k in range(1, OPERATORS):
                for a in range(AREAS):
                    pk = operator_pk(m, k) * AREAS + a
                    yield pk, m + 1, operator_pk(m, k), area_pk(m, a)
    elif table == "contacts_contact":
        yield from contact_rows(size)
    elif table == "contacts_identity":
        for (m, i), pk in contact_pks(size).items():
            channel = "facebook" if on_page(i) else "whatsapp"
            yield pk, m + 1, channel, external_id(m, i), pk
    elif table == "chats_chat":
        for (m, _), pk in contact_pks(size).items():
            yield pk, m + 1, pk, f"BR{(pk * 2654435761) % 10**10:010d}", day
    elif table == "chats_message":
        yield from message_rows(size)


def load(dsn: str, size: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as db:
        db.execute("SET session_replication_role = replica")
        for table, columns in COLUMNS.items():
            with db.cursor().copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
                for row in rows(table, size):
                    copy.write_row(row)
            db.execute(
                f"SELECT setval(pg_get_serial_sequence('{table}', 'id'),"
                f" (SELECT max(id) FROM {table}))"
            )
        db.execute("SET session_replication_role = origin")
        if db.execute("SELECT to_regproc('change_new_epoch')").fetchone() != (None,):
            db.execute("SELECT change_new_epoch()")
        db.execute("VACUUM ANALYZE")
        db.execute("CHECKPOINT")


def reset(dsn: str, size: str) -> None:
    """Takes back what a run wrote: messages, claims, ledger lines."""
    with psycopg.connect(dsn, autocommit=True) as db:
        db.execute("SET session_replication_role = replica")
        free = tuple(operator_pk(m, k) for m in range(10) for k in range(30, OPERATORS))
        db.execute(
            "UPDATE contacts_contact SET operator_id = NULL WHERE operator_id = ANY(%s)",
            [list(free)],
        )
        db.execute("UPDATE contacts_contact SET unread = 0 WHERE unread > 0")
        db.execute("DELETE FROM chats_message WHERE id > %s", [SIZES[size][2]])
        db.execute("TRUNCATE chats_chatevent")
        db.execute("SET session_replication_role = origin")
        db.execute("VACUUM ANALYZE")
        db.execute("CHECKPOINT")


# What a minimal server would keep: no triggers, no identities, no unread column.
BARE = """
DROP SCHEMA IF EXISTS bare CASCADE;
CREATE SCHEMA bare;
CREATE TABLE bare.manager AS
  SELECT id, name, email, number, controller_port::text, facebook_id, facebook_token
    FROM managers_manager;
ALTER TABLE bare.manager ADD PRIMARY KEY (id);
CREATE UNIQUE INDEX ON bare.manager (number);
CREATE UNIQUE INDEX ON bare.manager (facebook_id);
CREATE TABLE bare.contact AS
  SELECT c.id, c.manager_id, c.external_id AS ext_id, c.name, c.photo,
         a.code AS area, coalesce(c.operator_id, 0)::text AS operator_id,
         c.protocol, c.sa::int
    FROM contacts_contact c JOIN areas_area a ON a.id = c.area_id;
ALTER TABLE bare.contact ADD PRIMARY KEY (id),
  ADD FOREIGN KEY (manager_id) REFERENCES bare.manager;
CREATE UNIQUE INDEX ON bare.contact (manager_id, ext_id);
CREATE INDEX ON bare.contact (manager_id, operator_id);
CREATE INDEX ON bare.contact (manager_id, area);
CREATE TABLE bare.chat AS SELECT id, ext_id, operator_id FROM bare.contact;
ALTER TABLE bare.chat ADD PRIMARY KEY (id);
CREATE UNIQUE INDEX ON bare.chat (ext_id);
CREATE TABLE bare.message (
  id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
  chat_id bigint NOT NULL REFERENCES bare.chat,
  content text NOT NULL, type text NOT NULL, sender text NOT NULL,
  status text NOT NULL DEFAULT 'wait', url text,
  created_at timestamptz NOT NULL DEFAULT now());
CREATE INDEX ON bare.message (chat_id, id);
"""


def make_bare(dsn: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as db:
        db.execute(BARE)
        db.execute("VACUUM ANALYZE")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dsn", required=True)
    parser.add_argument("--size", default="S", choices=SIZES)
    parser.add_argument("--reset", action="store_true")
    parser.add_argument("--bare", action="store_true")
    chosen = parser.parse_args()
    if chosen.reset:
        reset(chosen.dsn, chosen.size)
    elif chosen.bare:
        make_bare(chosen.dsn)
    else:
        load(chosen.dsn, chosen.size)


if __name__ == "__main__":
    main()
