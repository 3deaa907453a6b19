"""What ARCHITECTURE.md and CONTRIBUTING.md name exists."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
PACKAGES = r"(?:hci_center|managers|areas|contacts|chats)"
DOTTED = re.compile(rf"`({PACKAGES}(?:\.\w+)+)`")
PATH = re.compile(r"`((?:[\w.-]+/)*[\w.-]+(?:\.(?:py|sql|md|toml|txt|in)|/))`")
DOCUMENTS = ["ARCHITECTURE.md", "CONTRIBUTING.md"]


def resolve(name: str) -> object:
    """The module, class or function of that dotted name. Raises AttributeError."""
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        try:
            found: object = importlib.import_module(".".join(parts[:length]))
        except ModuleNotFoundError:
            continue
        for attribute in parts[length:]:
            found = getattr(found, attribute)
        return found
    raise AttributeError(name)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_dotted_name_is_code(document: str) -> None:
    names = DOTTED.findall((ROOT / document).read_text())
    assert len(names) > 3
    for name in names:
        resolve(name)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_path_is_there(document: str) -> None:
    paths = [
        path
        for path in PATH.findall((ROOT / document).read_text())
        if "*" not in path and ("/" in path or path.endswith(".md"))
    ]
    assert paths
    for path in paths:
        assert (ROOT / path).exists(), path


def test_a_wrong_name_is_found() -> None:
    with pytest.raises(AttributeError):
        resolve("chats.messages.send.nothing_of_that_name")
