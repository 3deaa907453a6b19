"""Measures `manage.py import_legacy`: messages a second, memory of the command.

    python bench/legacy/run.py [--messages 1000000] [--runs import,delta] [--json FILE]

Starts `bin/run` with an empty centre, writes an export of one user whose chats have 30
messages each (a document a line, and one array), and imports it: a dry run, the import,
the import again, and a delta of one message for each chat. Prints a table; targets:
1,000,000 messages in 5 minutes, 300 MB.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path[:0] = [str(HERE.parent / "rest")]

from servers import Product  # noqa: E402

CHAT = 30
# In this order, each with its options.
RUNS = {
    "dry": (),
    "import": ("--commit",),
    "again": ("--commit",),
    "delta": ("--commit", "--delta"),
    "verify": ("--verify",),
}
WORDS = (
    "bom dia boa tarde gostaria de saber sobre meu pedido número entrega prazo produto "
    "quebrado troca devolução nota fiscal boleto pagamento cartão obrigado aguardo retorno "
    "endereço segunda via cancelar assinatura técnico visita horário loja estoque"
).split()


def export(folder: Path, messages: int, more: int = 0) -> None:
    """Writes the export; with `more`, each chat has so many messages more."""
    rng = random.Random(7)
    chats = messages // CHAT
    numbers = [5511900000000 + n for n in range(chats)]
    # MongoDB's documents have at most 16 MB, so there is a user for every 20,000
    # contacts.
    with (folder / "users.json").open("w") as file:
        for first in range(0, chats, 20_000):
            contacts = [
                {"id": n, "name": f"Cliente {n}", "photo": "", "area": f"area{n % 5}",
                 "operatorId": str(n % 9), "protocol": f"BR{n}", "sa": 3}
                for n in numbers[first : first + 20_000]
            ]  # fmt: skip
            user = {
                "_id": {"$oid": f"5d0a7c{first:018x}"}, "name": f"Empresa {first}",
                "number": 551140000000 + first, "contacts": contacts,
            }  # fmt: skip
            file.write(json.dumps(user) + "\n")
    with (folder / "chats.json").open("w") as file:
        for number in numbers:
            texts = [
                " ".join(rng.choices(WORDS, k=rng.randint(3, 20))) for _ in range(CHAT)
            ]
            texts += ["mais uma"] * more
            told = [
                {"_id": {"$oid": f"5e0a7c{number % 2**40:010x}{n:08x}"},
                 "content": text, "type": "text", "status": "wait",
                 "from": number if n % 2 == 0 else str(number % 9)}
                for n, text in enumerate(texts)
            ]  # fmt: skip
            chat = {
                "_id": {"$oid": f"5e0a7c{number % 2**72:018x}"}, "contactId": number,
                "operatorId": str(number % 9), "messages": told,
            }  # fmt: skip
            file.write(json.dumps(chat) + "\n")


def measured(product: Product, folder: Path, *options: str) -> dict[str, float]:
    """Runs the command; returns its seconds, CPU seconds and largest memory in MB."""
    command = [
        sys.executable, str(ROOT / "manage.py"), "import_legacy", str(folder), "-v0",
        *options,
    ]  # fmt: skip
    began = time.monotonic()
    process = subprocess.Popen(
        command, env=product.environment, stdout=subprocess.DEVNULL
    )
    _pid, status, used = os.wait4(process.pid, 0)
    seconds = time.monotonic() - began
    if status:
        raise SystemExit(f"{options}: exit {status}")
    return {
        "seconds": seconds,
        "cpu": used.ru_utime + used.ru_stime,
        "megabytes": used.ru_maxrss / 1024,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=1_000_000)
    parser.add_argument("--runs", default=",".join(RUNS))
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        product = Product(folder / "product", "0-1")
        product.start()
        try:
            export(folder, options.messages)
            for name in options.runs.split(","):
                if name == "delta":
                    export(folder, options.messages, more=1)
                rows += [{"what": name} | measured(product, folder, *RUNS[name])]
        finally:
            product.stop()
    print("| run | seconds | CPU of the command | messages/s | memory |")
    print("| --- | --- | --- | --- | --- |")
    for row in rows:
        rate = options.messages / row["seconds"]
        print(
            f"| {row['what']} | {row['seconds']:.0f} | {row['cpu']:.0f} s | {rate:,.0f} "
            f"| {row['megabytes']:.0f} MB |"
        )
    if options.json:
        with options.json.open("a") as file:
            file.writelines(json.dumps(row) + "\n" for row in rows)


if __name__ == "__main__":
    main()
