"""Computes the figures by plain loops, independently of the product's code.

Follows the written definitions; slow and simple on purpose.
"""

from __future__ import annotations

from datetime import timedelta

from tests.reports.independent_samples import Samples
from tests.reports.independent_tables import Row, table

__all__ = ["Row", "Rows", "table"]
STATE = {
    "opened", "reopened", "entered_area", "claimed", "assigned", "transferred",
    "released", "held", "resumed", "closed", "bot_ended",
}  # fmt: skip
RETURN = timedelta(hours=72)


class Rows(Samples):
    """Every chat split into episodes, and each episode measured."""

    def __init__(self) -> None:
        super().__init__()
        self.episodes: list[Row] = []
        self.samples: list[Row] = []
        for chat_id in sorted(self.chats):
            self._chat(chat_id)

    def _chat(self, chat_id: int) -> None:
        """Cuts the chat into episodes and measures each."""
        cut: list[list[Row]] = []
        is_open = False
        for line in self.lines:
            if line["chat_id"] != chat_id or line["kind"] not in STATE:
                continue
            if not is_open and line["kind"] in ("opened", "reopened"):
                cut.append([])
                is_open = True
            if is_open:
                cut[-1].append(line)
            if line["kind"] == "closed":
                is_open = False
        mine = []
        for number, lines in enumerate(cut, 1):
            ours = [line for line in lines if line["cause"] != "import"]
            if ours and ours[0]["kind"] != "closed":
                mine.append(self._episode(chat_id, number, ours))
        for n, episode in enumerate(mine):
            following = mine[n + 1] if n + 1 < len(mine) else None
            episode["reopened_soon"] = bool(
                following and episode["ends"]
                and following["origin"] == "reopened"
                and following["begins"] - episode["ends"] <= RETURN
            )  # fmt: skip
            self._measure(episode, mine[0])
        self._surveys(chat_id, mine)

    def _episode(self, chat_id: int, number: int, lines: list[Row]) -> Row:
        chat = self.chats[chat_id]
        manager = chat["manager_id"]
        closed = lines[-1] if lines[-1]["kind"] == "closed" else None
        begins = lines[0]["at"]
        ends = closed["at"] if closed else None
        said = []
        for message in self.messages:
            if message["chat_id"] != chat_id:
                continue
            at = message["stored_at"]
            if at is None:
                at = max(message["created_at"], chat["opened_at"])
            if at < begins or (ends is not None and at >= ends):
                continue
            who, author = "automatic", None
            if message["direction"] == "in":
                who = "customer"
            elif message["auto"] == "phone":
                who = "phone"
            elif message["auto"] == "" and message["sender"].isdigit():
                operator = self.operators.get(int(message["sender"]))
                if operator and operator["manager_id"] == manager:
                    who, author = "human", operator["id"]
            said.append({"at": at, "id": message["id"], "who": who, "author": author})
        said.sort(key=lambda one: (one["at"], one["id"]))
        state = [line for line in lines if line is not closed]
        left = self._left(manager, lines, state)
        held = any(line["operator_id"] for line in state)
        humans = [one for one in said if one["who"] == "human"]
        episode = {
            "chat": chat_id, "number": number, "manager": manager,
            "channel": self.contacts[chat["contact_id"]]["channel"],
            "contact": chat["contact_id"], "lines": state, "closed": closed,
            "begins": begins, "ends": ends, "said": said, "left": left,
            "origin": lines[0]["kind"], "opened_by": lines[0]["cause"],
            "served": held or bool(humans), "had_bot": left != 0,
            "authors": {one["author"] for one in humans},
            "first_schedule": state[left or 0]["schedule_id"],
        }  # fmt: skip
        episode["queued"] = left is not None and any(
            line["operator_id"] is None and self._until(episode, line) != line["at"]
            for line in state[left:]
        )
        episode |= self._transfers(episode)
        self._close(episode)
        self.episodes.append(episode)
        return episode

    def _left(self, manager: int, lines: list[Row], state: list[Row]) -> int | None:
        """Returns the number of the first line after the bot phase."""
        first = state[0]
        if first["kind"] == "reopened" or first["operator_id"]:
            return 0
        if first["cause"] == "operator":
            return 0
        found: int | None = None
        if first["area_id"]:
            for n, line in enumerate(state):
                if line["operator_id"]:
                    return 0
                if n and line["kind"] in ("bot_ended", "entered_area"):
                    found = n
                    break
            if found is None:
                return 0
        else:
            if not any(
                a["manager_id"] == manager and a["created_at"] <= first["at"]
                for a in self.areas
            ):
                return 0
            for n, line in enumerate(state):
                if n and (
                    line["kind"] == "bot_ended"
                    or line["area_id"]
                    or line["operator_id"]
                ):
                    found = n
                    break
            if found is None:
                return None
        after = lines[found + 1] if found + 1 < len(lines) else None
        if (
            state[found]["kind"] == "bot_ended"
            and after is not None
            and after["kind"] == "closed"
            and after["actor"] == state[found]["actor"]
        ):
            return None
        return found

    def _transfers(self, episode: Row) -> Row:
        count, bounced, movers, left_areas = 0, False, set(), set()
        seen: set[int | None] = set()
        had = False
        before: Row | None = None
        for n, line in enumerate(episode["lines"]):
            if before is not None and had:
                other_area = line["area_id"] != before["area_id"]
                other_operator = (
                    line["kind"] == "transferred"
                    and line["operator_id"] != before["operator_id"]
                )
                if other_area or other_operator:
                    count += 1
                    who = line["acting_operator_id"] or before["operator_id"]
                    if who:
                        movers.add(who)
                if other_area:
                    left_areas.add(before["area_id"])
                    if line["area_id"] is not None and line["area_id"] in seen:
                        bounced = True
            if line["operator_id"]:
                had = True
            if episode["left"] is not None and n >= episode["left"]:
                seen.add(line["area_id"])
            before = line
        return {
            "transfers": count, "bounced": bounced, "movers": movers,
            "left_areas": left_areas,
        }  # fmt: skip

    def _close(self, episode: Row) -> None:
        closed = episode["closed"]
        if closed is None:
            episode |= {"outcome": None, "closer": None, "area": None}
            return
        last = episode["lines"][-1]
        episode["closer"] = closed["acting_operator_id"] or last["operator_id"]
        episode["area"] = last["area_id"]
        cause = closed["cause"]
        if cause == "":
            person = closed["acting_operator_id"] or closed["actor"].startswith("user:")
            if person or last["operator_id"]:
                cause = "resolved"
            elif episode["served"]:
                cause = "customer"
            else:
                cause = "menu"
        if cause in ("deleted", "erased", "merged", "imported"):
            outcome = "other"
        elif episode["served"]:
            outcome = "resolved" if cause in ("resolved", "menu") else "abandoned"
        elif episode["queued"]:
            outcome = "lost"
        else:
            outcome = "contained" if cause == "menu" else "dropped"
        episode["outcome"] = outcome
        episode["recontacted"] = self._came_back(episode)

    def _came_back(self, episode: Row) -> bool:
        for line in self.lines:
            if line["kind"] != "opened" or line["chat_id"] == episode["chat"]:
                continue
            if self.chats[line["chat_id"]]["contact_id"] != episode["contact"]:
                continue
            if line["cause"] in ("operator", "import") or line["acting_operator_id"]:
                continue
            if line["actor"].startswith("user:"):
                continue
            if timedelta() < line["at"] - episode["ends"] <= RETURN:
                return True
        return False
