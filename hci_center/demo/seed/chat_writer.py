"""Writes one chat: its messages, its ledger and its own row."""

from __future__ import annotations

from datetime import datetime, timedelta

from hci_center.demo.seed import dialogues
from hci_center.demo.seed.companies import Person
from hci_center.demo.seed.copy_buffers import NULL, CopyBuffers, stamp, uuid4
from hci_center.demo.seed.timeline import HOME, Customer, Outcome, Plan, Timeline

BOT = "bot"
NOT_DELIVERED = "O número não tem WhatsApp."
# From this message on the customer waits in an area's queue.
QUEUED = 3
REASONS = ("resolvido", "sem_resposta", "engano")
# The shares of closed chats with a survey, and of those that are answered; up to this
# mark there is a comment.
SURVEYED, ANSWERED, WORST = 0.5, 0.45, 3
# Seconds between a message's own time and its row.
STORED_AFTER = 0.4


def write_chat(
    customer: Customer, messages: int, timeline: Timeline, buffers: CopyBuffers
) -> Outcome | None:
    """Writes the customer's chats; returns the outcome of the last one, if any."""
    outcome = None
    for plan in timeline.plan(messages) if messages else ():
        outcome = ChatWriter(customer, plan, timeline).write(buffers)
    return outcome


class ChatWriter:
    """Writes a customer's planned chat, with a random area and operators."""

    def __init__(self, customer: Customer, plan: Plan, timeline: Timeline) -> None:
        self.plan, self.customer, self.rng = plan, customer, timeline.rng
        rng = self.rng
        self.manager_id = customer.company.manager.pk
        self.area = rng.choice(customer.company.areas)
        self.operator = self.second_operator = rng.choice(self.area.people)
        self.lines = self._lines()
        self.times = self._times()
        self._sa = customer.sa
        self.protocol = timeline.protocol(self.times[0])
        self.spoken = [at for at, (who, _) in enumerate(self.lines) if who == "o"]
        # From this message on the second operator writes.
        self.handed_over = len(self.lines)
        if len(self.spoken) > 3 and rng.random() < 0.12:
            self.second_operator = rng.choice(self.area.people)
            self.handed_over = self.spoken[2]

    def write(self, buffers: CopyBuffers) -> Outcome:
        """Adds the chat's rows to the buffers; returns the contact's new values."""
        plan = self.plan
        unread = self._write_messages(buffers.messages)
        operator = self._write_events(buffers.events)
        closed_at = stamp(self.closed_at) if plan.stage == "closed" else NULL
        buffers.chats.append(
            f"{plan.id}\t{self.manager_id}\t{self.customer.id}\t{self.protocol}\t"
            f"{stamp(self.times[0])}\t{closed_at}\t{self._reason()}\t"
            f"{self.second_operator.id if self._is_served_and_closed else NULL}\n"
        )
        if self._is_served_and_closed:
            buffers.surveys.extend(self._survey(buffers.events))
        return Outcome(
            area=self.area if len(self.lines) > QUEUED else None,
            operator=operator,
            protocol=self.protocol,
            unread=unread,
            first_message_at=self.times[0],
            last_message_at=self.times[-1],
            waiting_since=self._waiting_since(),
            queued_at=self._queued_at(),
            last_in_at=max(
                at
                for at, (who, _) in zip(self.times, self.lines, strict=True)
                if who == "c"
            ),
        )

    @property
    def _is_served_and_closed(self) -> bool:
        return self.plan.stage == "closed" and bool(self.spoken)

    def _reason(self) -> str:
        """Returns the code of why a person closed the chat; "" if none did."""
        if not self._is_served_and_closed:
            return ""
        return self.rng.choices(REASONS, weights=(8, 2, 1))[0]

    def _waiting_since(self) -> float | None:
        """Returns since when the customer of an open chat waits for a person."""
        if self.plan.stage == "closed":
            return None
        last = self.spoken[-1] if self.spoken else -1
        asked = [n for n, (who, _) in enumerate(self.lines) if who == "c" and n > last]
        return self.times[asked[0]] if asked else None

    def _queued_at(self) -> float | None:
        if self.plan.stage == "closed":
            return None
        return self.times[QUEUED] if len(self.lines) > QUEUED else self.times[0]

    def _survey(self, events: list[str]) -> list[str]:
        """Returns the row of the survey if one was asked, and adds its ledger lines."""
        rng, asked_at = self.rng, self.closed_at
        if rng.random() > SURVEYED:
            return []
        state, rating, comment, answered = "expired", NULL, "", NULL
        if rng.random() < ANSWERED:
            mark = rng.choices((5, 4, 3, 2, 1), weights=(60, 22, 9, 4, 5))[0]
            state, rating = "rated", str(mark)
            answered = stamp(asked_at + 20 + rng.random() * 900)
            comment = rng.choice(dialogues.COMPLAINTS) if mark <= WORST else ""
        ids = f"{self.plan.id}\t{self.customer.id}\t{self.second_operator.id}"
        before = f"{self.manager_id}\t{self.plan.id}"
        where = f"{self.area.id}\t{NULL}"
        tail = f"{NULL}\t\t{self._sa}"
        events.append(
            f"{before}\tsurvey_sent\t{stamp(asked_at)}\t{where}\trule:survey\t{tail}\t{NULL}\n"
        )
        if rating != NULL:
            detail = f'{{"rating": {rating}}}'
            events.append(f"{before}\trated\t{answered}\t{where}\t\t{tail}\t{detail}\n")
        return [
            f"{ids}\t{self.area.id}\t{state}\t{stamp(asked_at)}\t{rating}\t{comment}\t"
            f"{answered}\n"
        ]

    @property
    def closed_at(self) -> float:
        return self.times[-1] + 90

    def _lines(self) -> list[dialogues.Line]:
        code, rng, length = self.area.code, self.rng, self.plan.length
        lines = [
            ("c", rng.choice(dialogues.GREETINGS)),
            ("b", dialogues.MENU),
            ("c", dialogues.CHOICES[code]),
            ("b", dialogues.QUEUED),
        ]
        if self.plan.stage in ("waiting", "menu"):
            lines += [("c", line) for line in rng.sample(dialogues.IMPATIENT, 2)]
            return lines[:length]
        over = self.plan.stage == "closed" and length > 11
        closing = dialogues.CLOSING if over else ()
        topics = dialogues.TOPICS[code]
        while len(lines) < length - len(closing):
            for script in rng.sample(topics, len(topics)):
                lines += script
        return lines[: length - len(closing)] + list(closing)

    def _times(self) -> list[float]:
        """Returns the time of each message: seconds to minutes apart, the last as
        planned.
        """
        timestamp, times = self.plan.last_message_at, []
        for _ in self.lines:
            times.append(timestamp)
            timestamp -= 3 + self.rng.random() * 150
        return times[::-1]

    def _write_messages(self, buffer: list[str]) -> int:
        """Writes the messages; returns the number of unread ones."""
        rng, words, unread = self.rng, self._words(), 0
        ids = f"{self.manager_id}\t{self.customer.id}\t{self.plan.id}"
        over = self.plan.stage == "closed"
        unread_from = self._unread_from()
        for at, (who, text) in enumerate(self.lines):
            text = text.format_map(words) if "{" in text else text
            error, status = "", "read"
            if who == "c":
                how = "in\ttext"
                sender = ""
                if at >= unread_from:
                    status = "wait"
                    unread += 1
            else:
                how = "out\ttext"
                sender = BOT if who == "b" else str(self._speaker(at).id)
                chance = rng.random()
                if chance < 0.004 and who == "o":
                    status, error = "failed", NOT_DELIVERED
                elif chance < 0.1 or not over:
                    status = "delivered"
            buffer.append(
                f"{uuid4(rng)}\t{ids}\t{how}\t{text}\t\t{sender}\t{status}\t{error}\t"
                f"{stamp(self.times[at])}\t{stamp(self.times[at] + STORED_AFTER)}\n"
            )
        return unread

    def _speaker(self, at: int) -> Person:
        return self.operator if at < self.handed_over else self.second_operator

    def _unread_from(self) -> int:
        """Returns the position of the customer's first unread message."""
        if self.plan.stage in ("waiting", "menu"):
            return 0
        if self.plan.stage == "closed" or self.rng.random() < 0.4:
            return len(self.lines)
        return self.spoken[-1] if self.spoken else 0

    def _words(self) -> dict[str, str]:
        rng = self.rng
        soon = datetime.fromtimestamp(self.times[-1], HOME) + timedelta(
            days=rng.randint(1, 12)
        )
        return {
            "company": self.customer.company.manager.name,
            "customer": self.customer.first_name,
            "operator": self.operator.name.split()[0],
            "area": self.area.name,
            "protocol": self.protocol,
            "product": rng.choice(dialogues.PRODUCTS),
            "price": f"{rng.randint(29, 1899)},90",
            "date": f"{soon:%d/%m}",
            "order": str(rng.randint(10_000, 99_999)),
        }

    def _write_events(self, buffer: list[str]) -> Person | None:
        """Writes the ledger; returns the operator of the contact afterwards."""

        def add(
            kind: str,
            at: float,
            operator: Person | None,
            by: Person | None,
            cause: str = "",
        ) -> None:
            area = self.area.id if at >= queued_at else NULL
            actor = f"user:{by.user_id}\t{by.id}" if by else f"\t{NULL}"
            buffer.append(
                f"{self.manager_id}\t{self.plan.id}\t{kind}\t{stamp(at)}\t{area}\t"
                f"{operator.id if operator else NULL}\t{actor}\t{cause}\t{self._sa}\t"
                f"{NULL}\n"
            )

        queued = len(self.lines) > QUEUED
        queued_at = self.times[QUEUED] if queued else float("inf")
        operator: Person | None = None
        add("opened", self.times[0], None, None, "customer")
        if queued:
            add("entered_area", queued_at, None, None, "menu")
        if self.spoken:
            operator = self.operator
            add("claimed", self.times[self.spoken[0]] - 2, operator, operator)
        if self.second_operator is not self.operator:
            operator = self.second_operator
            at = self.times[self.handed_over] - 1
            add("transferred", at, operator, self.operator, "handover")
        if self.plan.stage == "closed":
            cause = "resolved" if operator else "menu"
            add("closed", self.closed_at, None, operator, cause)
            return None
        return operator
