"""Fixtures: a supervisor who reads the reports on the hand-checked past."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from copy import deepcopy
from html.parser import HTMLParser
from typing import Any

import pytest
from django.test import Client

from tests import builders
from tests.admin.conftest import sign_in_to_admin
from tests.module_rows import module_rows
from tests.reports.hand_checked import NUMBER, write
from tests.reports.past import Centre
from tests.reports.past_accounts import write_accounts

PERIOD = "from=2025-11-17&to=2025-11-30"
Rows = list[list[str]]


@pytest.fixture(scope="module")
def _written(django_db_setup: None, django_db_blocker: Any) -> Iterator[Centre]:
    with module_rows(django_db_blocker):
        centre = Centre(NUMBER)
        write(centre)
        write_accounts(centre)
        yield centre


@pytest.fixture
def past(_written: Centre, db: None) -> Centre:
    return deepcopy(_written)


@pytest.fixture
def desk(past: Centre) -> Client:
    return sign_in_to_admin(builders.make_supervisor(past.manager))


@pytest.fixture
def read(desk: Client) -> Callable[..., Any]:
    """Opens a report of the period, in English."""

    def opened(page: str, query: str = "", client: Client = desk) -> Any:
        address = f"/admin/reports/{page}?{PERIOD}&{query}"
        return client.get(address, headers={"Accept-Language": "en"})

    return opened


class _Tables(HTMLParser):
    """Collects the texts of the cells of each table by its name."""

    def __init__(self) -> None:
        super().__init__()
        self.tables: dict[str, Rows] = {}
        self._rows: Rows | None = None
        self._text: list[str] | None = None

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        name = dict(attrs).get("data-table")
        if tag == "table" and name:
            self._rows = self.tables[name] = []
        elif self._rows is not None and tag == "tr":
            self._rows.append([])
        elif self._rows is not None and tag in ("td", "th"):
            self._text = []

    def handle_endtag(self, tag: str) -> None:
        if tag == "table":
            self._rows = None
        elif tag in ("td", "th") and self._rows and self._text is not None:
            self._rows[-1].append("".join(self._text).strip())
            self._text = None

    def handle_data(self, data: str) -> None:
        if self._text is not None:
            self._text.append(data)


def shown(answer: Any) -> dict[str, Rows]:
    """Returns the tables of a page, with their headers."""
    assert answer.status_code == 200
    parser = _Tables()
    parser.feed(answer.content.decode())
    return parser.tables


def read_csv(answer: Any, delimiter: str = ",") -> Rows:
    """Returns the rows of a CSV file, read with its dialect."""
    assert answer.status_code == 200
    text = answer.getvalue().decode("utf-8")
    assert text.startswith("\ufeff")
    assert text.count("\n") == text.count("\r\n")
    return [*csv.reader(io.StringIO(text[1:], newline=""), delimiter=delimiter)]
