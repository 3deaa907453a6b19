"""Fixtures: the running feed on the test database, callers and connections."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from django.db import connection

from areas.models import Operator
from hci_center.background.models import BackgroundFault
from tests import builders
from tests.conftest import Api, signed_in
from tests.feed import stamped
from tests.feed.processes import Feed


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Adds the log of the feed's processes to the report of a failed test."""
    report = yield
    feed = getattr(item, "funcargs", {}).get("running_feed")
    if report.failed and feed is not None:
        report.sections.append(("Log of the feed", feed.log()))
    return report


@pytest.fixture
def feed(running_feed: Feed, transactional_db: None, settings: Any) -> Iterator[Feed]:
    """The running feed, with committed rows and no change left to number."""
    settings.FEED_PORT = running_feed.port
    settings.PORT = running_feed.web_port
    running_feed.await_quiet()
    yield running_feed
    running_feed.hang_up()


@pytest.fixture
def door(running_feed: Feed) -> Iterator[Feed]:
    """The running feed, for tests without database rows."""
    yield running_feed
    running_feed.hang_up()


@pytest.fixture(autouse=True)
def _empty_log(request: pytest.FixtureRequest) -> None:
    """Empties the log, which has no model, of changes that other tests committed."""
    if "stamp" in request.fixturenames:
        request.getfixturevalue("db")
        stamped.empty_log()


@pytest.fixture
def no_other_faults(transactional_db: None) -> None:
    """Deletes faults of other tests: the feed's own connections commit them."""
    BackgroundFault.objects.all().delete()


@pytest.fixture
def stamp(db: None) -> Any:
    """Returns a function that numbers the test's changes in its own transaction."""
    return stamped.stamp


@pytest.fixture
def people(manager: Any, ana: Operator, bruno: Operator) -> dict[str, Api]:
    administrator = builders.make_supervisor()
    administrator.is_superuser = True
    administrator.save()
    return {
        "key": Api(builders.make_key(manager)),
        "supervisor": signed_in(builders.make_supervisor(manager)),
        "administrator": signed_in(administrator),
        "ana": signed_in(ana.user),
        "bruno": signed_in(bruno.user),
    }


@pytest.fixture
def elsewhere() -> Any:
    """Returns a context manager: a cursor of another connection and transaction."""

    @contextmanager
    def connect() -> Iterator[psycopg.Cursor[Any]]:
        with psycopg.connect(**parameters()) as other, other.cursor() as cursor:
            yield cursor

    return connect


def parameters() -> dict[str, Any]:
    settings = connection.settings_dict
    values = {
        "dbname": settings["NAME"],
        "user": settings["USER"],
        "password": settings["PASSWORD"],
        "host": settings["HOST"],
        "port": settings["PORT"],
    }
    return {name: value for name, value in values.items() if value}
