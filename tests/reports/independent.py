"""The figures once more, by plain loops over the rows: the product shares nothing of it.

Written from what the definitions say in words. Slow and simple on purpose.
"""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection

STATE = {
    "opened", "reopened", "entered_area", "claimed", "assigned", "transferred",
    "released", "held", "resumed", "closed", "bot_ended",
}  # fmt: skip
RETURN = timedelta(hours=72)
Row = dict[str, Any]


def table(sql: str) -> list[Row]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        names = [column.name for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


class Rows:
    """Everything that there is, in memory."""

    def __init__(self) -> None:
        self.lines = table("SELECT * FROM chats_chatevent ORDER BY id")
        self.messages = table("SELECT * FROM chats_message ORDER BY id")
        self.chats = {c["id"]: c for c in table("SELECT * FROM chats_chat")}
        self.contacts = {c["id"]: c for c in table("SELECT * FROM contacts_contact")}
        self.surveys = table("SELECT * FROM chats_survey")
        self.operators = {o["id"]: o for o in table("SELECT * FROM areas_operator")}
        self.areas = table("SELECT * FROM areas_area")
        self.managers = {m["id"]: m for m in table("SELECT * FROM managers_manager")}
        self.schedules = {s["id"]: s for s in table("SELECT * FROM areas_schedule")}
        for schedule in self.schedules.values():
            for name in ("hours", "holidays", "targets"):
                if isinstance(schedule[name], str):
                    schedule[name] = json.loads(schedule[name])
        self.episodes: list[Row] = []
        self.samples: list[Row] = []
        for chat_id in sorted(self.chats):
            self._chat(chat_id)

    # Time

    def business(self, schedule_id: int | None, a: datetime, b: datetime) -> timedelta:
        """Walks through the days and adds what is open between the two."""
        if schedule_id is None:
            return max(b - a, timedelta())
        schedule = self.schedules[schedule_id]
        zone = ZoneInfo(schedule["zone"])
        total = timedelta()
        day = a.astimezone(zone).date() - timedelta(days=1)
        while day <= b.astimezone(zone).date() + timedelta(days=1):
            spans = schedule["hours"].get(str(day.isoweekday()), [])
            for holiday, own in schedule["holidays"].items():
                if holiday in (day.isoformat(), day.isoformat()[5:]):
                    spans = own
            for begin, end in spans:
                x = max(self._instant(zone, day, begin), a)
                y = min(self._instant(zone, day, end), b)
                if y > x:
                    total += y - x
            day += timedelta(days=1)
        return total

    def _instant(self, zone: ZoneInfo, day: date, text: str) -> datetime:
        hour, minute = map(int, text.split(":"))
        if hour == 24:
            day, hour = day + timedelta(days=1), 0
        return datetime.combine(day, time(hour, minute), zone).astimezone(UTC)

    def local(self, manager: int, schedule_id: int | None, at: datetime) -> datetime:
        zone = self.managers[manager]["time_zone"]
        if schedule_id is not None:
            zone = self.schedules[schedule_id]["zone"]
        return at.astimezone(ZoneInfo(zone))

    def target(self, schedule_id: int | None, clock: str) -> int | None:
        if schedule_id is None:
            return None
        return self.schedules[schedule_id]["targets"].get(clock) or None

    # Chats

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

    def _until(self, episode: Row, line: Row) -> datetime | None:
        lines = episode["lines"]
        n = lines.index(line)
        return lines[n + 1]["at"] if n + 1 < len(lines) else episode["ends"]

    def _left(self, manager: int, lines: list[Row], state: list[Row]) -> int | None:
        """The number of the first line after the bot phase."""
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

    # Samples

    def _add(
        self, episode: Row, metric: str, at: datetime, schedule: int | None,
        spans: list[tuple[datetime, datetime, int | None]], **more: Any,
    ) -> None:  # fmt: skip
        local = self.local(episode["manager"], schedule, at)
        none = timedelta()
        self.samples.append(
            {
                "metric": metric, "manager": episode["manager"],
                "channel": episode["channel"], "day": local.date(),
                "hour": local.hour, "episode": (episode["chat"], episode["number"]),
                "length": sum((max(b - a, none) for a, b, _ in spans), none),
                "open": sum((self.business(s, a, b) for a, b, s in spans), none),
                "area": None, "operator": None, "target": None, "mark": None,
            }
            | more
        )  # fmt: skip

    def _measure(self, episode: Row, first: Row) -> None:
        left, ends = episode["left"], episode["ends"]
        closing = episode["closed"]["schedule_id"] if ends else None
        owings = self._owings(episode)
        if left is not None:
            self._stays(episode, episode["lines"][left:])
            if ends:
                idle = [
                    (line["at"], self._until(episode, line), line["schedule_id"])
                    for line in episode["lines"][left:]
                    if not line["operator_id"]
                ]
                self._add(episode, "queue", ends, closing, idle, area=episode["area"])
        for owing in owings:
            self._owing(episode, owing)
        if ends and owings:
            spans = [(o["since"], o["end"] or ends, o["schedule"]) for o in owings]
            self._add(
                episode, "owed", ends, closing, spans, area=episode["area"],
                operator=episode["closer"],
            )  # fmt: skip
        self._holds(episode, owings)
        if episode["outcome"] == "resolved":
            credit = {"area": episode["area"], "operator": episode["closer"]}
            for metric, begin in (("resolution", episode), ("full_resolution", first)):
                schedule = begin["first_schedule"]
                target = self.target(schedule, "resolution")
                self._add(
                    episode, metric, ends, schedule, [(begin["begins"], ends, schedule)],
                    target=target if metric == "resolution" else None, **credit,
                )  # fmt: skip

    def _stays(self, episode: Row, lines: list[Row]) -> None:
        runs: list[list[Row]] = []
        for line in lines:
            if not runs or runs[-1][0]["area_id"] != line["area_id"]:
                runs.append([])
            runs[-1].append(line)
        for run in runs:
            schedule = run[0]["schedule_id"]
            common = {
                "area": run[0]["area_id"], "target": self.target(schedule, "tme"),
            }  # fmt: skip
            taken = next((line for line in run if line["operator_id"]), None)
            end = self._until(episode, run[-1])
            if taken is run[0]:
                continue
            if taken is not None:
                self._add(
                    episode, "tme", taken["at"], schedule,
                    [(run[0]["at"], taken["at"], schedule)],
                    operator=taken["operator_id"], **common,
                )  # fmt: skip
            elif end is not None:
                span = [(run[0]["at"], end, schedule)]
                self._add(episode, "unserved", end, schedule, span, **common)

    def _owings(self, episode: Row) -> list[Row]:
        if episode["left"] is None:
            return []
        bot_end = episode["lines"][episode["left"]]["at"]
        found: list[Row] = []
        heard: datetime | None = None
        answered_before = False

        def begin(end: datetime | None, who: str, author: int | None) -> None:
            assert heard is not None
            if end is not None and end < bot_end:
                return
            since = max(heard, bot_end)
            found.append(
                {
                    "heard": heard, "since": since, "end": end, "who": who,
                    "author": author, "first": not answered_before,
                    "schedule": self._newest(episode, since)["schedule_id"],
                }
            )  # fmt: skip

        for one in episode["said"]:
            if one["who"] == "customer" and heard is None:
                heard = one["at"]
            if one["who"] in ("human", "phone"):
                if heard is not None:
                    begin(one["at"], one["who"], one["author"])
                heard = None
                if one["who"] == "human":
                    answered_before = True
        if heard is not None:
            begin(None, "nobody", None)
        return found

    def _newest(self, episode: Row, at: datetime) -> Row:
        return [line for line in episode["lines"] if line["at"] <= at][-1]

    def _owing(self, episode: Row, owing: Row) -> None:
        first, schedule = owing["first"], owing["schedule"]
        target = self.target(schedule, "tmr1" if first else "tmr")
        end = owing["end"] or episode["ends"]
        if end is None:
            return
        span = [(owing["since"], end, schedule)]
        if owing["who"] == "nobody":
            self._add(
                episode, "unanswered", end, schedule, span, target=target,
                mark=int(first), area=episode["area"],
            )  # fmt: skip
            return
        area = self._newest(episode, end)["area_id"]
        if owing["who"] == "phone":
            name = "phone1" if first else "phone"
            self._add(episode, name, end, schedule, span, area=area)
        else:
            self._add(
                episode, "tmr1" if first else "tmr", end, schedule, span, area=area,
                operator=owing["author"], target=target,
            )  # fmt: skip

    def _holds(self, episode: Row, owings: list[Row]) -> None:
        runs: list[list[Row]] = []
        last = None
        for line in episode["lines"]:
            if line["operator_id"]:
                if last != line["operator_id"]:
                    runs.append([])
                runs[-1].append(line)
            last = line["operator_id"]
        pieces: dict[tuple[Any, Any], list[Any]] = {}
        for run in runs:
            end = self._until(episode, run[-1])
            self._react(episode, owings, run, end)
            is_held = False
            for line in run:
                if line["kind"] in ("held", "resumed"):
                    is_held = line["kind"] == "held"
                spans = pieces.setdefault((line["area_id"], line["operator_id"]), [])
                until = self._until(episode, line)
                if not is_held and until is not None:
                    spans.append((line["at"], until, line["schedule_id"]))
        if episode["ends"]:
            for (area, operator), spans in pieces.items():
                self._add(
                    episode, "tma", episode["ends"],
                    episode["closed"]["schedule_id"], spans, area=area,
                    operator=operator,
                )  # fmt: skip

    def _react(
        self, episode: Row, owings: list[Row], run: list[Row], end: datetime | None
    ) -> None:
        begin, operator = run[0]["at"], run[0]["operator_id"]
        owed = any(
            o["heard"] < begin
            and o["since"] <= begin
            and (o["end"] is None or o["end"] >= begin)
            for o in owings
        )
        for one in episode["said"]:
            if (
                owed
                and one["author"] == operator
                and one["at"] >= begin
                and (end is None or one["at"] < end)
            ):
                schedule = run[0]["schedule_id"]
                self._add(
                    episode, "reaction", one["at"], schedule,
                    [(begin, one["at"], schedule)], area=run[0]["area_id"],
                    operator=operator,
                )  # fmt: skip
                return

    def _surveys(self, chat_id: int, episodes: list[Row]) -> None:
        for survey in self.surveys:
            if survey["chat_id"] != chat_id:
                continue
            of = [
                e for e in episodes if e["ends"] and e["begins"] <= survey["asked_at"]
            ]
            if not of:
                continue
            episode = of[-1]
            common = {"area": episode["area"], "operator": episode["closer"]}
            schedule = episode["closed"]["schedule_id"]
            state = {"rated": 1, "lost": 2}.get(survey["state"], 0)
            self._add(
                episode, "answered_surveys", survey["asked_at"], schedule, [],
                mark=state, **common,
            )  # fmt: skip
            if survey["state"] == "rated":
                self._add(
                    episode, "csat", survey["answered_at"], schedule, [],
                    mark=survey["rating"], **common,
                )  # fmt: skip
