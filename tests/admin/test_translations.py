"""Every text in the code has a Portuguese and an English translation."""

import ast
import gettext
import re
import subprocess
from functools import cache
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from django.utils.translation.template import templatize

from hci_center.console.words import used

ROOT = Path(settings.BASE_DIR)
LANGUAGES = ["pt_BR", "en"]
SOURCES = ["hci_center", "managers", "areas", "contacts", "chats"]
# The names that the code uses for gettext; of a plural, the first argument counts.
CALLS = {
    "_",
    "gettext",
    "gettext_lazy",
    "ngettext",
    "ngettext_lazy",
    "gettext_noop",
}
IN_TEMPLATES = re.compile(r"""\b(?:_|gettext|ngettext)\(u?(['"])((?:\\.|(?!\1).)*)\1""")
PLACEHOLDER = re.compile(r"%(?:\(\w+\))?[.0-9]*[sdf]")


def texts_in_python(file):
    """Returns the constants that a module passes to gettext, under any name."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    names = set(CALLS)
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.ImportFrom)
            and node.module == "django.utils.translation"
        ):
            names |= {a.asname for a in node.names if a.asname and a.name in CALLS}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            first = node.args[0] if node.args else None
            if node.func.id in names and isinstance(first, ast.Constant):
                yield first.value


def texts_in_template(file):
    text = templatize(file.read_text(encoding="utf-8"), origin=str(file))
    for _quote, sentence in IN_TEMPLATES.findall(text):
        yield ast.literal_eval(f'"""{sentence}"""')


@cache
def all_texts():
    found = set()
    for source in SOURCES:
        for file in (ROOT / source).rglob("*.py"):
            if "migrations" not in file.parts:
                found.update(texts_in_python(file))
    for file in (ROOT / "templates").rglob("*.html"):
        found.update(texts_in_template(file))
    ones, plurals = used()
    return found | ones | {one for one, _ in plurals}


def catalogue(language):
    path = ROOT / "locale" / language / "LC_MESSAGES" / "django.mo"
    with path.open("rb") as file:
        texts = gettext.GNUTranslations(file)._catalog
    return {
        key[0] if isinstance(key, tuple) else key: text
        for key, text in texts.items()
        if key
    }


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_is_translated(language):
    sentences = all_texts()
    assert len(sentences) > 300
    assert sentences - set(catalogue(language)) == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_there_are_no_unused_translations(language):
    assert set(catalogue(language)) - all_texts() == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_has_the_placeholders_of_its_text(language):
    for sentence, text in catalogue(language).items():
        given, taken = PLACEHOLDER.findall(sentence), PLACEHOLDER.findall(text)
        assert sorted(given) == sorted(taken), (sentence, text)


def test_the_compiled_catalogues_are_up_to_date():
    check = ["bin/translations", "--check"]
    done = subprocess.run(check, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert done.returncode == 0


@pytest.mark.parametrize(
    ("accepted", "title"), [("pt-BR,pt;q=0.9", "Visão geral"), ("en-US", "Overview")]
)
def test_the_back_office_uses_the_browsers_language(desk, own, accepted, title):
    page = desk.get("/admin/", headers={"Accept-Language": accepted})
    assert page.context["title"] == title


def test_errors_of_the_api_use_the_callers_language(db):
    for accepted, sentence in (
        ("pt-BR", "É necessária uma chave de API válida ou uma sessão iniciada."),
        ("en", "A valid API key or a signed-in session is needed."),
    ):
        answer = Client().get("/api/user/", headers={"Accept-Language": accepted})
        assert answer.json()["error"]["message"] == sentence


def test_a_browser_of_another_language_gets_portuguese(settings, desk, own):
    settings.LANGUAGE_CODE = "pt-br"
    page = desk.get("/admin/", headers={"Accept-Language": "fr"})
    assert page.context["title"] == "Visão geral"
