"""Many customers write three messages each at once: each gets one question."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection

from areas.rules.menus import publish_menu
from chats.models import ChatEvent, Delivery, MenuState, Message, Task
from chats.rules import tasks
from chats.worker.handlers import HANDLERS
from tests import builders
from tests.chats.api.recording import send
from tests.chats.rules.running import run_tasks
from tests.conftest import Api
from tests.counts import count
from tests.menus import MENU

pytestmark = pytest.mark.django_db(transaction=True)
CUSTOMERS = count(12, 200)
TEXTS = ("oi", "bom dia", "quero comprar pão")


def write(number: int, manager_number: int, key: str) -> None:
    try:
        for text in TEXTS:
            names = {"contactNumber": number, "managerNumber": manager_number}
            answer = send(Api(key), **names, **{"from": number}, content=text)
            assert answer.status_code == 200
    finally:
        connection.close()


def work(stop: threading.Event) -> None:
    """Runs tasks as a worker does, until told to stop."""
    try:
        while not stop.wait(0.01):
            for task in tasks.lease(10):
                tasks.run(task, HANDLERS)
    finally:
        connection.close()


def test_each_customer_gets_one_question(manager: Any) -> None:
    for code in ("vendas", "suporte"):
        builders.make_area(manager, code)
    publish_menu(manager.pk, MENU)
    key = builders.make_key(manager)
    numbers = range(551140000000, 551140000000 + CUSTOMERS)
    stop = threading.Event()
    with ThreadPoolExecutor(8) as pool:
        workers = [pool.submit(work, stop) for _ in range(2)]
        writing = [pool.submit(write, n, manager.number, key) for n in numbers]
        for each in writing:
            each.result()
        stop.set()
        for worker in workers:
            worker.result()
    run_tasks(CUSTOMERS)
    assert Message.objects.filter(direction="in").count() == CUSTOMERS * len(TEXTS)
    asked = Message.objects.filter(auto="menu")
    assert asked.count() == Delivery.objects.count() == CUSTOMERS
    assert asked.values("contact").distinct().count() == CUSTOMERS
    states = MenuState.objects.values_list("step", "tries").distinct()
    assert list(states) == [("inicio", 0)]
    assert ChatEvent.objects.filter(kind="bot_step").count() == CUSTOMERS
    assert not Task.objects.filter(kind="inbound").exists()
