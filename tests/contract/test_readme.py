"""The commands in both README files work, and every variable is documented."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command, get_commands

from areas.models import Operator
from tests import builders
from tests.conftest import Api

READMES = ["README.md", "README.pt-BR.md"]
CONFIGURATIONS = ["docs/configuration.md", "docs/configuration.pt-BR.md"]
APPS = ("managers", "areas", "contacts", "chats")
# A variable that the code reads, in Django's settings or elsewhere.
READ = r'env(?:\.\w+\(|iron\[|iron\.get\()\s*"((?:HCI_|DATABASE_|REDIS_)\w+)"'
every_readme = pytest.mark.parametrize("name", READMES)
every_configuration = pytest.mark.parametrize("name", CONFIGURATIONS)


def text_of(name):
    return (Path(settings.BASE_DIR) / name).read_text()


def pasted(command):
    """Returns method, path and body of a curl command."""
    words = shlex.split(command.replace("\\\n", " "))
    assert words[:2] == ["curl", "-s"]
    method = words[words.index("-X") + 1] if "-X" in words else "POST"
    [url] = [word for word in words if word.startswith("http://")]
    assert "X-Api-Key: $KEY" in words
    assert "Content-Type: application/json" in words
    path = url.removeprefix("http://127.0.0.1:8000")
    return method, path, json.loads(words[words.index("-d") + 1])


@every_readme
def test_the_five_calls_work_on_the_demonstration(db, name):
    call_command("seed_demo", verbosity=0)
    api = Api(builders.make_key())
    # In a new installation he has the id 1.
    first = Operator.objects.order_by("pk")[0]
    commands = re.findall(r"```sh\n(curl .*?)```", text_of(name), re.DOTALL)
    assert len(commands) == 5
    answers = []
    for command in commands:
        method, path, body = pasted(command)
        if "operatorId" in body:
            assert body["operatorId"] == "1"
            body["operatorId"] = str(first.pk)
        response = api.call(method, path, body)
        assert response.status_code == 200, response.content
        answers.append(response.json()["data"])
    assert [message["content"] for message in answers[-1]] == [
        "Oi! Vocês entregam hoje?",
        "Entregamos sim, Maria!",
    ]


def test_the_first_operator_of_the_demonstration_serves_sales(db):
    call_command("seed_demo", verbosity=0)
    first = Operator.objects.order_by("pk")[0]
    assert first.areas.filter(code="vendas").exists()
    assert first.manager.number == 5511400010001
    assert first.manager.controller_port == 18001


@every_configuration
def test_every_variable_that_the_code_reads_is_documented(name):
    known = set()
    for part in ("manage.py", "bin", "hci_center", *APPS):
        place = Path(settings.BASE_DIR) / part
        for file in [place] if place.is_file() else place.rglob("*.py"):
            known |= set(re.findall(READ, file.read_text()))
    told = set(re.findall(r"`((?:HCI|DATABASE|REDIS)_\w+)`", text_of(name)))
    assert known == told


@every_configuration
def test_every_documented_command_exists(name):
    told = set(re.findall(r"^\| `([a-z_]+)[ `]", text_of(name), re.MULTILINE))
    assert told <= set(get_commands())


def test_both_document_the_same_calls_and_variables():
    english, portuguese = (
        text_of(readme) + text_of(configuration)
        for readme, configuration in zip(READMES, CONFIGURATIONS, strict=True)
    )
    for pattern in (r"```sh\ncurl .*?```", r"^\| `HCI_\w+`"):
        flags = re.DOTALL | re.MULTILINE
        found = re.findall(pattern, english, flags)
        assert found
        assert found == re.findall(pattern, portuguese, flags)


def test_every_page_of_the_decisions_is_listed():
    folder = Path(settings.BASE_DIR) / "docs" / "decisions"
    pages = {page.name for page in folder.glob("*.md")} - {"README.md"}
    listed = re.findall(r"\(([a-z-]+\.md)\)", (folder / "README.md").read_text())
    assert sorted(listed) == sorted(pages)
