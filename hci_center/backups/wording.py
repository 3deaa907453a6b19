"""The language of the backup commands' output, and number formatting."""

from __future__ import annotations

from argparse import ArgumentParser

from django.conf import settings
from django.utils.formats import number_format


def add_language(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--language",
        choices=[code for code, _name in settings.LANGUAGES],
        default=settings.LANGUAGE_CODE,
    )


def grouped(number: int) -> str:
    """Returns the number with thousands separators of the current language."""
    return number_format(number, force_grouping=True)
