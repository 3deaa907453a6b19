"""Fixtures: exports of the legacy system, as mongoexport writes them."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

Documents = list[dict[str, Any]]
OID = "5d0a7c{:018x}"


def oid(number: int) -> dict[str, str]:
    """Returns an id of June 2019, in extended JSON."""
    return {"$oid": OID.format(number)}


def user(**over: Any) -> dict[str, Any]:
    return {
        "_id": oid(1),
        "name": "Padaria Estrela",
        "email": "contato@padaria.example",
        "number": 5511400011111,
        "controllerPort": "8080",
        "facebookId": "369258147",
        "facebookToken": "token-of-the-page",
        "contacts": [],
    } | over


def contact(number: int = 5511988887777, **over: Any) -> dict[str, Any]:
    return {
        "id": number,
        "name": "João",
        "photo": "",
        "area": "vendas",
        "operatorId": "0",
        "protocol": f"BR{number}",
        "sa": 3,
    } | over


def message(sender: Any = 5511988887777, text: str = "Olá", **over: Any) -> Any:
    return {"content": text, "type": "text", "from": sender, "status": "wait"} | over


def chat(*messages: Any, **over: Any) -> dict[str, Any]:
    return {
        "_id": oid(100),
        "contactId": 5511988887777,
        "operatorId": 0,
        "messages": list(messages),
    } | over


def write(folder: Path, **collections: Documents) -> None:
    """Writes one document per line."""
    for name, documents in collections.items():
        lines = "".join(f"{json.dumps(document)}\n" for document in documents)
        (folder / f"{name}.json").write_text(lines)


@pytest.fixture
def import_legacy(tmp_path: Path) -> Callable[..., str]:
    """Runs the command on tmp_path; returns what it prints."""

    def run(*options: str, **over: Any) -> str:
        out = io.StringIO()
        call_command(
            "import_legacy", str(tmp_path), *options, verbosity=0, stdout=out, **over
        )
        return out.getvalue()

    return run
