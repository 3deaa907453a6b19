"""A random hour with disconnections: the page shows the server's data."""

from __future__ import annotations

import random

import pytest

from tests.console.browser.company import execute
from tests.console.browser.comparing import assert_same
from tests.console.browser.conftest import await_live

STEPS, CUTS = 60, 3


class Hour:
    """Random actions of customers, operators and other programs."""

    def __init__(self, company, seed):
        self.company, self.random = company, random.Random(seed)  # noqa: S311
        self.contacts = [company.customer(f"Cliente {n}") for n in range(8)]

    def step(self):
        act = self.random.choice(
            [
                self.say,
                self.say,
                self.claim,
                self.move,
                self.close,
                self.tag,
                self.rename,
            ]
        )
        act(self.random.choice(self.contacts))

    def say(self, contact):
        self.company.say(contact, f"mensagem {self.random.random()}")

    def claim(self, contact):
        operator = self.random.choice([self.company.ana, self.company.bruno])
        self._ask(
            "PUT", "/api/user/contact/operator", contact, operatorId=str(operator.pk)
        )

    def move(self, contact):
        area = self.random.choice(["vendas", "suporte"])
        self._ask("PUT", "/api/user/contact/area", contact, area=area)

    def close(self, contact):
        self._ask("PUT", "/api/chat/close", contact, operatorId="0")

    def tag(self, contact):
        verb = self.random.choice(["add", "remove"])
        self._ask("PUT", "/api/chat/tag", contact, operatorId="0", **{verb: ["vip"]})

    def rename(self, contact):
        execute(
            "UPDATE contacts_contact SET name = %s WHERE id = %s",
            f"Cliente {self.random.random():.4f}",
            contact.pk,
        )

    def _ask(self, method, path, contact, **more):
        """Makes the call; it may be refused, as a chat may be closed."""
        status, answer = self.company.ask(method, path, contact, **more)
        assert status in (200, 400, 404, 409), answer


@pytest.mark.parametrize("seed", [1, 2])
def test_the_page_shows_the_servers_data(company, sign_in, running_feed, seed):
    hour = Hour(company, seed)
    page = sign_in(company.ana, "/inbox/queue")
    page.mouse.move(900, 500)
    for part in range(CUTS):
        page.context.set_offline(part % 2 == 1)
        for _ in range(STEPS // CUTS):
            hour.step()
    page.context.set_offline(False)
    await_live(page)
    running_feed.await_quiet()
    for tab, state in (("2", "waiting"), ("1", "mine"), ("4", "closed")):
        page.keyboard.press(tab)
        assert_same(page, state, str(company.ana.pk))
