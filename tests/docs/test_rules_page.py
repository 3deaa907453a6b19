"""docs/rules.md and its translation: every key is described, and the file is valid."""

from __future__ import annotations

import json
import re
from dataclasses import fields
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.management import call_command

from areas.provisioning.registry import sections
from areas.rules.policies import PolicySettings
from areas.rules.policy_values import AREAS, FIELDS, KEYS

DOCS = Path(django_settings.BASE_DIR) / "docs"
ENGLISH, PORTUGUESE = (DOCS / name for name in ("rules.md", "rules.pt-BR.md"))
BLOCK = re.compile(r"```(\w+)\n(.*?)```", re.DOTALL)
# Texts that depend on the hour.
GREETING = re.compile("Bom dia|Boa tarde|Boa noite")
every_page = pytest.mark.parametrize("page", [ENGLISH, PORTUGUESE], ids=["en", "pt"])


def blocks_of(text: str, language: str = "") -> list[tuple[str, str]]:
    found = BLOCK.findall(text)
    return [each for each in found if language in ("", each[0])]


def example_file() -> str:
    """Returns the first block of JSON of the page."""
    return str(blocks_of(ENGLISH.read_text(), "json")[0][1])


def provision(folder: Path, content: str) -> Any:
    path = folder / "padaria.json"
    path.write_text(content)
    printed = StringIO()
    call_command("provision", str(path), stdout=printed)
    return json.loads(printed.getvalue())


def agrees(shown: Any, answered: Any) -> bool:
    """Returns whether a response contains what the page shows; "…" stands for anything."""
    if isinstance(shown, dict):
        return isinstance(answered, dict) and all(
            name in answered and agrees(value, answered[name])
            for name, value in shown.items()
        )
    if isinstance(shown, list):
        return (
            isinstance(answered, list)
            and len(shown) == len(answered)
            and all(map(agrees, shown, answered))
        )
    if isinstance(shown, str) and isinstance(answered, str):
        pattern = ".+".join(map(re.escape, GREETING.sub("Olá", shown).split("…")))
        return re.fullmatch(pattern, GREETING.sub("Olá", answered)) is not None
    return bool(shown == answered and type(shown) is type(answered))


# The pages


def test_both_pages_have_the_same_blocks() -> None:
    english, portuguese = (
        blocks_of(page.read_text()) for page in (ENGLISH, PORTUGUESE)
    )
    assert len(english) > 10
    assert english == portuguese


@every_page
def test_every_key_of_a_policy_has_a_row_with_its_default(page: Path) -> None:
    rows = dict(
        re.findall(r"^\| `(\w+)` \| ([^|]+?) \|", page.read_text(), re.MULTILINE)
    )
    defaults = {each.name: each.default for each in fields(PolicySettings)}
    columns = {name: column for name, (column, _parse) in FIELDS.items()}
    columns |= AREAS | {"hours": "hours"}
    assert rows.keys() >= KEYS
    for key in KEYS:
        default = json.dumps(defaults[columns[key]], ensure_ascii=False)
        assert rows[key] == f"`{default}`", key


@every_page
def test_every_key_of_a_provisioning_file_is_named(page: Path) -> None:
    told = set(re.findall(r"`(\w+)`", page.read_text()))
    assert {
        name
        for section in sections()
        for level in ("manager", "area", "operator")
        for name in section.fields(level)
    } <= told


@pytest.mark.parametrize(
    "name",
    ["rules.md", "rules.pt-BR.md", "configuration.md", "configuration.pt-BR.md"],
)
def test_every_link_to_a_heading_exists(name: str) -> None:
    links = re.findall(r"\]\(([\w.-]*)#([^)]+)\)", (DOCS / name).read_text())
    assert links
    for page, anchor in links:
        assert anchor in anchors_of(DOCS / (page or name)), (page, anchor)


def anchors_of(page: Path) -> set[str]:
    """Returns the anchors that GitHub gives to the headings of a page."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", each.lower()).replace(" ", "-") for each in headings}


# The file


def test_the_file_has_every_key() -> None:
    [manager] = json.loads(example_file())["managers"]
    levels = {
        "manager": [manager],
        "area": manager["areas"],
        "operator": manager["operators"],
    }
    for section in sections():
        for level, objects in levels.items():
            for name in section.fields(level):
                assert any(name in each for each in objects), (level, name)
    policies = [manager["policy"], *(area["policy"] for area in manager["areas"])]
    assert {key for policy in policies for key in policy} == KEYS


def test_the_file_is_provisioned_and_printed_back(db: None, tmp_path: Path) -> None:
    [given] = json.loads(example_file())["managers"]
    printed = provision(tmp_path, example_file())
    [manager] = printed["managers"]
    for name in ("policy", "menu", "tags", "pauseReasons", "transferReasons", "uf"):
        assert agrees(given[name], manager[name]), name
    dates = {each["date"] for each in manager["holidays"]}
    assert dates >= {"2027-06-13", "2027-12-24", "2027-12-25", "2028-12-25"}
    assert [area["policy"] for area in manager["areas"]] == [
        area["policy"] for area in given["areas"]
    ]
    # The printed file is valid, too, and changes nothing.
    assert provision(tmp_path, json.dumps(printed)) == printed
