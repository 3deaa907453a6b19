"""Runs each documented call once, over HTTPS, on a new centre.

Run by `manage.py shell` with the environment of the deployment.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

import requests
from django.conf import settings
from django.db import OperationalError

from tests import builders
from tests.contract.calls import CALLS
from tests.contract.conftest import fill_centre
from tests.emptying import empty

SECONDS = 20
TRIES = 10


def run(url: str, authority: str) -> None:
    """Prints the status and success of each call by its name, and its milliseconds."""
    answers = {}
    # The passwords of the people of each centre, which nobody uses.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    with requests.Session() as session:
        session.trust_env, session.verify = False, authority
        for call in CALLS:
            empty_centre()
            centre = _make_centre()
            session.headers["X-Api-Key"] = builders.make_key()
            began = time.perf_counter()
            body: Any = call.body(centre)
            answer = session.request(
                call.method, url + call.url, json=body or None, timeout=SECONDS
            )
            milliseconds = (time.perf_counter() - began) * 1000
            answers[str(call)] = (
                answer.status_code,
                answer.json()["success"],
                round(milliseconds, 1),
            )
    empty_centre()
    sys.stdout.write(json.dumps(answers))


def empty_centre() -> None:
    """Empties the database; a worker's housekeeping may hold a table meanwhile."""
    for is_last in (*[False] * TRIES, True):
        try:
            empty("flush", database="default")
        except OperationalError:
            if is_last:
                raise
        else:
            return


def _make_centre() -> Any:
    manager = builders.make_bakery()
    sales = builders.make_area(manager, "vendas", name="Vendas")
    support = builders.make_area(manager, "suporte", name="Suporte")
    return fill_centre(
        manager,
        builders.make_operator(manager, sales, name="Ana"),
        builders.make_operator(manager, support, name="Bruno"),
        builders.make_waiting_contact(manager, sales),
        builders.make_waiting_page_contact(manager, sales),
    )
