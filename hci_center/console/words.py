"""The translations of the console's scripts.

Scripts identify a text by its English source, as Python code does: `t("Send")`, or
`n("%s message", "%s messages", count)`. The translations are in the same catalogues.
"""

from __future__ import annotations

import functools
import re
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.translation import ngettext

SCRIPTS = Path(settings.BASE_DIR) / "static" / "console"
_STRING = r'"((?:[^"\\\n]|\\.)*)"'
_ONE = re.compile(rf"\bt\(\s*{_STRING}")
_PLURAL = re.compile(rf"\bn\(\s*{_STRING},\s*{_STRING}")


def scripts() -> list[Path]:
    """Returns the console's modules, without their tests."""
    return sorted(SCRIPTS.rglob("*.js"))


@functools.cache
def used() -> tuple[frozenset[str], frozenset[tuple[str, str]]]:
    """Returns the texts that scripts use, and those with a plural form."""
    ones: set[str] = set()
    plurals: set[tuple[str, str]] = set()
    for path in scripts():
        code = path.read_text()
        ones |= {_unescape(text) for text in _ONE.findall(code)}
        plurals |= {
            (_unescape(one), _unescape(many)) for one, many in _PLURAL.findall(code)
        }
    return frozenset(ones), frozenset(plurals)


@functools.cache
def words_in(language: str) -> dict[str, Any]:
    """Returns the translation of each text: a text, or singular and plural forms."""
    ones, plurals = used()
    with translation.override(language):
        words: dict[str, Any] = {one: translation.gettext(one) for one in ones}
        for one, many in plurals:
            words[one] = [ngettext(one, many, 1), ngettext(one, many, 2)]
    return words


def _unescape(text: str) -> str:
    return text.replace('\\"', '"').replace("\\\\", "\\").replace("\\n", "\n")
