"""The replies of the demonstration's simulated customers."""

from __future__ import annotations

import itertools
import random
import re
import threading

from django.db import connection

from chats.models import Auto, Message
from hci_center.demo.gateways.recorded import Delivered

TO_PERSONS = (
    "Oi! Recebi, muito obrigada 😊",
    "Perfeito, era isso mesmo que eu queria saber.",
    "E qual é o prazo de entrega?",
    "Pode ser amanhã de manhã?",
    "Combinado, fico no aguardo!",
)
RATINGS = ("5", "5", "4", "5", "3")
# The options of a menu's question, except those that go back or leave.
_LINE = re.compile(r"^([1-9]\d?) - ", re.MULTILINE)
_ASKS_FOR_RATING = "1 a 5"


class SimulatedCustomers:
    """Replies to persons, menus and surveys; other automatic texts need no reply."""

    def __init__(self) -> None:
        self._to_persons, self._ratings = map(itertools.cycle, (TO_PERSONS, RATINGS))
        self._lock = threading.Lock()

    def answer_to(self, delivered: Delivered) -> str | None:
        """Returns the customer's reply to a message, or None."""
        try:
            message = Message.objects.filter(uuid=delivered.uuid).first()
        finally:
            # Each message is answered in its own thread.
            connection.close()
        if message is None:
            return None
        if message.auto == Auto.MENU:
            keys = _LINE.findall(message.content)
            return random.choice(keys) if keys else None  # noqa: S311 - no secret
        with self._lock:
            if message.auto == Auto.SURVEY:
                asks = _ASKS_FOR_RATING in message.content
                return next(self._ratings) if asks else None
            return None if message.auto else next(self._to_persons)
