"""The lower bound: pgbench running only each call's prepared statements, on one core.

No server can cost less; the rest of a call's cost is the server's.
"""

from __future__ import annotations

import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import rows
from measure import spent, watched

CONTACTS = """
SELECT c.channel, c.external_id, c.name, c.photo, coalesce(a.code, ''),
       coalesce(c.operator_id, 0)::text, c.protocol, c.sa, c.unread, c.last_message_at
  FROM contacts_contact c LEFT JOIN areas_area a ON a.id = c.area_id
 WHERE c.deleted_at IS NULL AND {}
 ORDER BY c.last_message_at DESC NULLS LAST, c.id DESC;
"""
MANAGER = """
SELECT id, name, email, number, controller_port, facebook_id, facebook_token
  FROM managers_manager WHERE number = :number;
""" + CONTACTS.format(
    "c.manager_id = (SELECT id FROM managers_manager WHERE number = :number)"
)
OF_OPERATOR = CONTACTS.format("(c.operator_id = :operator OR c.area_id = :area)")
MESSAGES = """
SELECT uuid, direction, type, content, url, sender, status, error, created_at
  FROM chats_message
 WHERE chat_id = (SELECT h.id FROM contacts_identity i
                    JOIN chats_chat h ON h.contact_id = i.contact_id
                   WHERE i.alias = (:contact)::text AND h.closed_at IS NULL)
 ORDER BY id;
"""
# One statement, therefore one transaction.
SEND = """
WITH counted AS (
  UPDATE contacts_contact c SET unread = c.unread + 1, last_message_at = now()
    FROM contacts_identity i
   WHERE i.manager_id = :manager AND i.channel = 'whatsapp'
     AND i.alias = (:contact)::text AND c.id = i.contact_id RETURNING c.id)
INSERT INTO chats_message (uuid, manager_id, contact_id, chat_id, direction, type,
    content, url, sender, status, error, created_at)
SELECT gen_random_uuid(), h.manager_id, h.contact_id, h.id, 'in', 'text',
       'bom dia preciso de ajuda com o meu pedido boleto vencido segunda via', '', '',
       'wait', '', now()
  FROM counted JOIN chats_chat h ON h.contact_id = counted.id AND h.closed_at IS NULL
RETURNING uuid, direction, type, content, sender, status, error, created_at;
"""
CHANGE = """
UPDATE contacts_contact c SET {} FROM contacts_identity i
 WHERE i.manager_id = :manager AND i.channel = '{}' AND i.alias = (:contact)::text
   AND c.id = i.contact_id {};
"""
SA = CHANGE.format("sa = c.sa + 1", "facebook", "RETURNING c.sa")
CLAIM = CHANGE.format(
    "operator_id = :operator",
    "whatsapp",
    "AND (c.operator_id IS NULL OR c.operator_id = :operator)",
)


def scripts(size: str) -> dict[str, str]:
    """Returns each call's script, for the same rows as the servers' bodies."""
    known = rows.params(size)
    someone = r"\set m random(0, 9)" "\n" r"\set manager :m + 1" "\n"
    number = rf"\set number {rows.number(0)} + :m" "\n"
    contact = rf"\set contact {rows.external_id(0, 0)} + :m * 1000000 + :i" "\n"
    # One in four free contacts is a customer of the page: see `rows.on_page`.
    quarters = f"random({rows.FREE // 4 + 1}, {rows.SIZES[size][1] // 4 - 1})"
    written = someone + rf"\set i 4 * {quarters}" "\n" + contact
    on_page = someone + rf"\set i 4 * {quarters} + 1" "\n" + contact
    of_fifty = rf"\set i random({rows.FIFTY.start}, {rows.FIFTY.stop - 1})" "\n"
    place = (
        rf"\set operator :m * {rows.OPERATORS} + 1"
        "\n"
        rf"\set area :m * {rows.AREAS} + 1"
        "\n"
    )
    taker = rf"\set operator :m * {rows.OPERATORS} + 30 + mod(:i, 9)" "\n"
    return {
        "manager": rf"\set number {known['empty_number']}" "\n" + MANAGER,
        "manager_full": someone + number + MANAGER,
        "contacts200": someone + place + OF_OPERATOR,
        "messages50": someone + of_fifty + contact + MESSAGES,
        "messages10k": rf"\set contact {known['big'][0]}" "\n" + MESSAGES,
        "send": written + SEND,
        "sa": on_page + SA,
        "claim": written + taker + CLAIM,
    }


@dataclass
class Floor:
    """pgbench on the same database, with the interface of a server."""

    program: Path
    dsn: str
    pids: dict[str, int]
    label: str = "floor-pg"

    def figures(
        self, cell: str, size: str, connections: int, seconds: int
    ) -> dict[str, Any]:
        script = scripts(size)[cell]
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            (folder / "script.sql").write_text(script)
            found = spent(self.pids, lambda: self._run(folder, connections, seconds))
        return found | {
            "label": self.label,
            "size": size,
            "cell": cell,
            "connections": connections,
        }

    def _run(self, folder: Path, connections: int, seconds: int) -> dict[str, Any]:
        process = subprocess.Popen(
            [
                *(str(self.program), "-n", "-M", "prepared", "-j", "1", "-l"),
                *("-c", str(connections), "-T", str(seconds)),
                *("-f", "script.sql", self.dsn),
            ],
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        _, speed = watched(process)
        if process.returncode:
            raise SystemExit(f"pgbench fails in {folder}")
        took = sorted(
            int(line.split()[2]) / 1000
            for file in folder.glob("pgbench_log*")
            for line in file.read_text().splitlines()
        )
        return {
            "requests": len(took),
            "per_second": round(len(took) / seconds, 1),
            "p50": took[len(took) // 2],
            "p99": took[int(len(took) * 0.99)],
            "bad": 0,
            "cal": speed,
        }
