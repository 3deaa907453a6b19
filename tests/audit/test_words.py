"""Every action and kind of row that the audit records has a label and can be filtered."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import hci_center
from hci_center.audit.words import ACTS, KINDS

ROOT = Path(hci_center.__file__).parent.parent
SOURCES = ["hci_center", "managers", "areas", "contacts", "chats"]
# The functions that pass an action on to `record`.
PASSED_ON = {"hci_center/privacy/requests.py": "_record"}


def recorded() -> Iterator[tuple[str, ast.Call]]:
    """Yields the calls that write a line, each with its file."""
    for folder in SOURCES:
        for path in sorted((ROOT / folder).rglob("*.py")):
            source = path.read_text()
            name = str(path.relative_to(ROOT))
            if "from hci_center.audit.recording import record" not in source:
                continue
            writing = {"record", PASSED_ON.get(name, "record")}
            for node in ast.walk(ast.parse(source)):
                if isinstance(node, ast.Call) and ast.unparse(node.func) in writing:
                    yield name, node


def texts_at(place: int) -> set[str]:
    """Returns the constants passed as this argument of those calls."""
    arguments = [
        call.args[place] for _file, call in recorded() if len(call.args) > place
    ]
    return {
        argument.value
        for argument in arguments
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
    }


def test_every_action_has_a_label():
    acts = texts_at(0)
    assert {"export", "erase", "confirm", "fetch"} <= acts
    assert acts <= set(ACTS)


def test_every_kind_has_a_label():
    kinds = texts_at(1)
    assert {"dossier", "user", "contact"} <= kinds
    assert kinds <= set(KINDS)
