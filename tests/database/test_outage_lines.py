"""An outage of the database is one line of the log, and so is its end."""

from __future__ import annotations

import asyncio
import logging

import psycopg
import pytest
from django.db import connection

from hci_center.database import connections, outage_lines, timeouts
from hci_center.feed import async_database

AWAY = {"host": "127.0.0.1", "port": 1, "dbname": "x"}


@pytest.fixture(autouse=True)
def of_the_web(monkeypatch):
    monkeypatch.setattr(timeouts, "_role", "web")


@pytest.fixture
def clock(monkeypatch):
    """Returns the seconds that have passed; tests add to them."""
    passed = [1000.0]
    monkeypatch.setattr(outage_lines.time, "monotonic", lambda: passed[0])
    return passed


@pytest.fixture
def here(monkeypatch):
    """Replaces the process's outage log by one that has reached its database."""
    one = outage_lines.OutageLines()
    one.back()
    for module in (outage_lines, connections, async_database):
        monkeypatch.setattr(module, "outage_lines", one)
    return one


@pytest.fixture
def said(caplog):
    caplog.set_level(logging.INFO, "hci_center.database.outage_lines")
    return lambda: [(each.levelname, each.getMessage()) for each in caplog.records]


def test_an_outage_is_logged_once_and_again_if_it_lasts(here, clock, said):
    for _attempt in range(50):
        here.lost("refused")
        clock[0] += 1
    assert said() == [("ERROR", "The database is lost: refused")]
    clock[0] += outage_lines.AGAIN
    here.lost("refused")
    assert said()[1:] == [("ERROR", "The database is lost for 350 s: refused")]
    here.back()
    here.back()
    assert said()[2:] == [("INFO", "The database is back after 350 s")]


def test_other_errors_have_a_low_level_during_an_outage(here):
    assert here.level == logging.WARNING
    here.lost("refused")
    assert here.level == logging.DEBUG
    here.back()
    assert here.level == logging.WARNING


def test_repeated_short_outages_are_not_logged_each_time(here, clock, said):
    for _attempt in range(20):
        here.lost("too many clients")
        here.back()
        clock[0] += 1
    assert len(said()) == 2
    here.lost("refused")
    clock[0] += outage_lines.PAUSE
    here.lost("refused")
    assert said()[2:] == [("ERROR", "The database is lost for 30 s: refused")]


def test_an_outage_before_the_first_connection_is_reported_by_the_start(clock, said):
    new = outage_lines.OutageLines()
    new.lost("refused")
    new.lost("refused")
    assert said() == []
    clock[0] += 3
    new.back()
    assert said() == [("INFO", "The database is back after 3 s")]


def test_an_outage_is_reported_by_a_command_itself(here, clock, said, monkeypatch):
    monkeypatch.setattr(timeouts, "_role", "command")
    here.lost("refused")
    here.back()
    assert said() == []


def test_a_connection_that_is_refused_is_an_outage(here, said):
    with pytest.raises(psycopg.OperationalError):
        connections.Outage().connect(AWAY)
    [(level, text)] = said()
    assert level == "ERROR"
    assert "Connection refused" in text


def test_a_refused_connection_of_the_feed_is_an_outage(here, said, monkeypatch):
    monkeypatch.setattr(async_database, "bounded", lambda *_args, **_more: AWAY)
    with pytest.raises(psycopg.OperationalError):
        asyncio.run(async_database.connect())
    assert [level for level, _text in said()] == ["ERROR"]


@pytest.mark.django_db(transaction=True)
def test_a_successful_connection_ends_an_outage(here, said):
    here.lost("refused")
    connections.Outage().connect(connection.get_connection_params()).close()
    asyncio.run(_connect())
    assert [level for level, _text in said()] == ["ERROR", "INFO"]


async def _connect():
    made = await async_database.connect()
    await made.close()
