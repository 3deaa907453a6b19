"""Recomputes an episode's samples, by plain loops over events and messages."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from tests.reports.independent_tables import Row, Tables


class Samples(Tables):
    """Measures episodes into `samples`."""

    samples: list[Row]

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

    def _until(self, episode: Row, line: Row) -> datetime | None:
        lines = episode["lines"]
        n = lines.index(line)
        return lines[n + 1]["at"] if n + 1 < len(lines) else episode["ends"]
