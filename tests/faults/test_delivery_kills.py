"""kill -9 of workers and of the database, with a gateway that fails."""

from __future__ import annotations

import random
import time
from collections import Counter, defaultdict
from typing import Any

from hci_center.demo.gateways import faults
from tests.counts import count
from tests.faults.delivering import wait_until

CONTACTS, EACH = count((40, 6), full=(100, 10))
WORKERS, KILLS = count((2, 3), full=(3, 30))
BETWEEN_KILLS = 0.5
DATABASE_KILLS = (KILLS // 3, KILLS * 2 // 3)
# Percent of the sends: an error, a disconnection before or after, or a timeout.
ERRORS, CUTS, HANGS = 4, 4, 2


def misbehaving(seed: int) -> Any:
    chance = random.Random(seed)  # noqa: S311

    def fault_for(_request: Any) -> faults.Fault | None:
        roll = chance.uniform(0, 100)
        if roll < ERRORS:
            error = {"success": False, "error": {"code": "x", "message": "x"}}
            return faults.reply(500, error)
        if roll < ERRORS + CUTS:
            return chance.choice([faults.cut(), faults.cut_after()])
        if roll < ERRORS + CUTS + HANGS:
            return faults.hang(1.5)
        return None

    return fault_for


def test_no_message_is_lost_doubled_or_out_of_order(post, controller):
    controller.fault_for = misbehaving(7)
    post.fill(contacts=CONTACTS, each=EACH, number=5511400011111, port=8080)
    # A timeout takes 1.5 s; a busy machine must not be mistaken for one.
    patience = ("--patience", "1.2", "--doubt", "3")
    options = ("--lease", "2", "--hurry", "20", "--each", "8", *patience)
    for _ in range(WORKERS):
        post.start_worker(*options)
    for kill in range(KILLS):
        time.sleep(BETWEEN_KILLS)
        post.kill_worker()
        post.start_worker(*options)
        if kill in DATABASE_KILLS:
            post.kill_postgres()
    waiting = "SELECT count(*) FROM chats_delivery WHERE done_at IS NULL"
    wait_until(lambda: post.asked(waiting) == 0, 60)

    uuids = Counter(one.uuid for one in controller.delivered)
    assert set(uuids.values()) == {1}
    assert len(uuids) == CONTACTS * EACH
    said = defaultdict(list)
    for one in controller.delivered:
        said[one.to].append(int(one.text))
    in_order = list(range(1, EACH + 1))
    assert {to: texts for to, texts in said.items() if texts != in_order} == {}
    statuses = "SELECT array_agg(DISTINCT status) FROM chats_message"
    assert post.asked(statuses) == ["sent"]


def test_a_gateway_that_hangs_blocks_no_other(post, controller):
    post.fill(contacts=20, each=5, number=5511400011111, port=1111)
    post.fill(contacts=20, each=5, number=5511400022222, port=2222)
    post.environment["HCI_CONTROLLER_URL"] = controller.url + "/{port}"
    plain = controller.is_send
    controller.is_send = lambda request: plain(request) or request.method == "POST"
    controller.fault_for = lambda request: (
        faults.hang(20)
        if request.target.startswith("/1111")
        else faults.reply(200, {"success": True, "data": {"messageId": None}})
    )
    post.start_worker()
    left = (
        "SELECT count(*) FROM chats_delivery d JOIN managers_manager m"
        " ON m.id = d.manager_id WHERE d.done_at IS NULL AND m.controller_port = {}"
    )
    wait_until(lambda: post.asked(left.format(2222)) == 0, 15)
    assert post.asked(left.format(1111)) == 100
    hanging = [r for r in controller.requests if r.target == "/1111/send/text"]
    assert len(hanging) <= 4
