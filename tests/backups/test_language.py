"""The output of backup commands is in one language."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import translation

from hci_center.backups.management.commands import restore, verify

SAID = {
    "en": ["database.dump is being checked ...", "erasures.jsonl is being checked ..."],
    "pt-br": ["Verificando database.dump ...", "Verificando erasures.jsonl ..."],
}
REASON = {
    "en": "it was changed or is cut off",
    "pt-br": "foi alterado ou está cortado",
}


@pytest.fixture
def cut(made, monkeypatch):
    """Returns the backup with one part truncated."""
    for module in (restore, verify):
        monkeypatch.setattr(module, "key_of_settings", lambda: made.key)
    path = made.target.path / made.name / "erasures.jsonl.age"
    content = path.read_bytes()
    path.write_bytes(content[:-1])
    yield str(made.target.path / made.name)
    path.write_bytes(content)


@pytest.mark.parametrize("language", ["en", "pt-br"])
@pytest.mark.parametrize("command", ["restore", "verify"])
@pytest.mark.usefixtures("new_database")
def test_a_run_uses_one_language(cut, command, language):
    said = StringIO()
    # Independent of the language before.
    with (
        translation.override("en" if language == "pt-br" else "pt-br"),
        pytest.raises(CommandError, match=REASON[language]),
    ):
        call_command(command, cut, language=language, stdout=said)
    assert said.getvalue().splitlines()[:2] == SAID[language]


@pytest.mark.usefixtures("new_database")
def test_a_complete_run_in_portuguese(made, monkeypatch):
    for module in (restore, verify):
        monkeypatch.setattr(module, "key_of_settings", lambda: made.key)
    said = StringIO()
    path = str(made.target.path / made.name)
    for command in (["restore", path], ["verify", path], ["verify"]):
        call_command(*command, language="pt-br", stdout=said)
    text = said.getvalue()
    assert f"{made.name} foi restaurado, e todas as verificações passaram." in text
    assert f"{made.name} está inteiro: " in text
    for word in (" the ", " is ", " was ", " has ", " checks", "Files "):
        assert word not in text, text
    assert "D1  Uma mensagem" in text
