"""The files of the console's page, and their version."""

from __future__ import annotations

import functools
import hashlib
from pathlib import Path

import orjson
from django.conf import settings
from django.contrib.staticfiles import finders
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse
from django.utils import translation

from hci_center.console.words import SCRIPTS, scripts, words_in

LANGUAGES = ("pt-br", "en")
WORKER = SCRIPTS / "shell" / "worker.js"
FONT = "vendor/inter/inter-latin-wght-normal.woff2"
# Loaded separately, before the others or instead of them.
_ALONE = frozenset({"console/theme.js", "console/shell/worker.js"})
_STYLES = "tokens base frame list thread composer contact overlays gate narrow"


@functools.cache
def modules() -> list[str]:
    """Returns the scripts to preload, before the browser has parsed imports."""
    ours = [f"console/{path.relative_to(SCRIPTS)}" for path in scripts()]
    return [name for name in ours if name not in _ALONE]


@functools.cache
def styles() -> list[str]:
    """Returns the style sheets in order."""
    return [f"console/css/{name}.css" for name in _STYLES.split()]


def page() -> str:
    """Returns the page of the console, in the language of the request."""
    return render_to_string(
        "console/index.html", {"modules": modules(), "styles": styles()}
    )


@functools.cache
def words_script(language: str) -> bytes:
    """Returns the script with the translations for the console's scripts."""
    texts = orjson.dumps({"language": language, "texts": words_in(language)})
    return b"globalThis.consoleWords = " + texts + b";\n"


@functools.cache
def worker_script() -> bytes:
    """Returns the service worker, with the list of cached files and its version."""
    files = {static(name): _digest(_content(name)) for name in _names()}
    pages: dict[str, str] = {}
    for language in LANGUAGES:
        files[reverse("console-words", args=[language])] = _digest(
            words_script(language)
        )
        with translation.override(language):
            content = page().encode()
        pages[reverse("console-page", args=[language])] = _digest(content)
    held = {"files": files, "pages": pages, "script": _digest(WORKER.read_bytes())}
    version = _digest(orjson.dumps(held))[:16]
    shell = orjson.dumps({"version": version, **held})
    return b"globalThis.shell = " + shell + b";\n" + WORKER.read_bytes()


def _names() -> list[str]:
    vendored = Path(settings.BASE_DIR) / "static" / "vendor" / "lit-html"
    lit = [
        f"vendor/lit-html/{path.relative_to(vendored)}"
        for path in vendored.rglob("*.js")
    ]
    others = ["console/theme.js", "console/icons.svg", "mark.svg", FONT]
    return sorted([*modules(), *styles(), *lit, *others])


def _content(name: str) -> bytes:
    path = finders.find(name)
    if not isinstance(path, str):
        raise FileNotFoundError(name)
    return Path(path).read_bytes()


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
