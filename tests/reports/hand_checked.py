"""Twenty hand-checked chats over a holiday (20 November 2025) and a weekend.

Hours: Monday to Friday, 09:00-12:00 and 13:00-18:00. Targets: 5 min in the queue, 10
min to the first answer, 5 min to others, 2 h to the resolution.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.reports.past import Centre, at, write_chat, write_survey

NUMBER = 551144440001


def write(centre: Centre) -> dict[str, int]:
    """Writes the chats; returns their ids by the names used in the tests."""
    sales, support, ana, bruno = centre.sales, centre.support, centre.ana, centre.bruno
    by_ana: dict[str, Any] = {"acting": ana, "actor": "user:1"}
    by_bruno: dict[str, Any] = {"acting": bruno, "actor": "user:2"}
    came = {"cause": "customer", "actor": "gateway"}
    resolved = {"cause": "resolved"}
    menu = {"actor": "rule:menu"}
    chats = {}

    def chat(name: str, lines: Any, said: Any = (), channel: str = "whatsapp") -> Any:
        contact = centre.contact(channel)
        chats[name] = write_chat(centre, contact, lines, said)
        return contact

    # Wednesday. A bot asks for a minute, 2 min in the queue, answered after 3.
    chat("plain", [
        (at("19 10:00"), "opened", None, None, came),
        (at("19 10:01"), "entered_area", sales, None),
        (at("19 10:03"), "claimed", sales, ana, by_ana),
        (at("19 10:30"), "closed", sales, None, by_ana | resolved),
    ], [
        (at("19 10:00:01"), "customer"), (at("19 10:00:02"), "bot"),
        (at("19 10:00:30"), "customer"), (at("19 10:04"), ana),
        (at("19 10:10"), "customer"), (at("19 10:11"), "customer"),
        (at("19 10:12:30.9"), ana),
    ])  # fmt: skip
    # The lunch break and the evening do not count: 11:50 to 13:10 is 20 open minutes.
    chat("lunch", [
        (at("19 11:50"), "opened", None, None, came),
        (at("19 11:50"), "entered_area", support, None),
        (at("19 13:10"), "claimed", support, bruno, by_bruno),
        (at("21 09:30"), "closed", support, None, by_bruno | resolved),
    ], [(at("19 11:50"), "customer"), (at("19 13:12"), bruno)])  # fmt: skip
    # Over the holiday: Wednesday 17:50 to Friday 09:20 is 30 open minutes.
    chat("holiday", [
        (at("19 17:50"), "opened", None, None, came),
        (at("19 17:50"), "entered_area", sales, None),
        (at("21 09:20"), "claimed", sales, ana, by_ana),
        (at("21 09:40"), "closed", sales, None, by_ana | resolved),
    ], [(at("19 17:50:10"), "customer"), (at("21 09:25"), ana)])  # fmt: skip
    # Over the weekend, lost: nobody ever took it.
    chat("lost", [
        (at("21 17:59"), "opened", None, None, came),
        (at("21 17:59:30"), "entered_area", sales, None),
        (at("24 09:10"), "closed", sales, None, {"cause": "idle", "actor": "key:1"}),
    ], [(at("21 17:59:05"), "customer")])  # fmt: skip
    # The bot resolves it.
    chat("contained", [
        (at("22 08:00"), "opened", None, None, came),
        (at("22 08:02"), "bot_ended", None, None, menu),
        (at("22 08:02"), "closed", None, None, menu | {"cause": "menu"}),
    ], [(at("22 08:00:00"), "customer"), (at("22 08:01"), "bot")])  # fmt: skip
    # Given up inside the bot, at two steps.
    for step, name in ((20, "dropped"), (30, "dropped_later")):
        chat(name, [
            (at("22 09:00"), "opened", None, None, came),
            (at("22 09:20"), "closed", None, None, {"cause": "idle", "sa": step}),
        ], [(at("22 09:00:01"), "customer")])  # fmt: skip
    # Moved to support and back: a transfer, a bounce. Two operators.
    chat("bounced", [
        (at("24 10:00"), "opened", None, None, came),
        (at("24 10:01"), "entered_area", sales, None),
        (at("24 10:05"), "claimed", sales, ana, by_ana),
        (at("24 10:10"), "entered_area", support, None, by_ana),
        (at("24 10:10"), "released", support, None, by_ana),
        (at("24 10:20"), "claimed", support, bruno, by_bruno),
        (at("24 10:25"), "entered_area", sales, None, by_bruno),
        (at("24 10:40"), "claimed", sales, ana, by_ana),
        (at("24 11:00"), "closed", sales, None, by_ana | resolved),
    ], [
        (at("24 10:00:10"), "customer"), (at("24 10:06"), ana),
        (at("24 10:09"), "customer"), (at("24 10:21"), bruno),
        (at("24 10:24"), "customer"), (at("24 10:41"), ana),
    ])  # fmt: skip
    # Handed over inside the area, then back into its queue, which is no transfer.
    chat("handed", [
        (at("24 14:00"), "opened", support, None, came),
        (at("24 14:02"), "assigned", support, ana, {"cause": "fewest"}),
        (at("24 14:10"), "transferred", support, bruno, by_ana),
        (at("24 14:20"), "released", support, None, by_bruno),
        (at("24 14:35"), "claimed", support, bruno, by_bruno),
        (at("24 15:00"), "closed", support, None, by_bruno),
    ], [(at("24 14:00"), "customer"), (at("24 14:36"), bruno)])  # fmt: skip
    # The operator begins: no bot, no first answer.
    chat("begun", [
        (at("24 15:00"), "opened", sales, ana, by_ana | {"cause": "operator"}),
        (at("24 16:00"), "closed", sales, None, by_ana | resolved),
    ], [
        (at("24 15:00"), ana), (at("24 15:10"), "customer"), (at("24 15:11:59.5"), ana),
    ], "facebook")  # fmt: skip
    # On hold for 20 of 50 minutes; answered from the handset.
    chat("held", [
        (at("24 16:00"), "opened", None, None, came),
        (at("24 16:00:30"), "entered_area", support, None),
        (at("24 16:10"), "claimed", support, bruno, by_bruno),
        (at("24 16:20"), "held", support, bruno, by_bruno),
        (at("24 16:40"), "resumed", support, bruno, by_bruno),
        (at("24 17:00"), "closed", support, None, by_bruno | {"cause": "customer"}),
    ], [
        (at("24 16:00"), "customer"), (at("24 16:05"), "phone"),
        (at("24 16:50"), "customer"),
    ])  # fmt: skip
    # Reopened the next day, closed twice; the customer is asked both times.
    chat("twice", [
        (at("25 09:00"), "opened", None, None, came),
        (at("25 09:00"), "entered_area", sales, None),
        (at("25 09:04"), "claimed", sales, ana, by_ana),
        (at("25 09:30"), "closed", sales, None, by_ana | resolved),
        (at("26 09:00"), "reopened", sales, None, {"cause": "customer"}),
        (at("26 09:05"), "claimed", sales, bruno, by_bruno),
        (at("26 09:30"), "closed", sales, None, by_bruno | resolved),
    ], [
        (at("25 09:00"), "customer"), (at("25 09:05"), ana),
        (at("26 09:00"), "customer"), (at("26 09:08"), bruno),
    ])  # fmt: skip
    write_survey(centre, chats["twice"], at("26 09:30"), "rated", 5, at("26 09:45"))
    # The contact returns within 72 hours, with another chat.
    again = chat("before", [
        (at("25 10:00"), "opened", sales, None, came),
        (at("25 10:01"), "claimed", sales, ana, by_ana),
        (at("25 10:20"), "closed", sales, None, by_ana | resolved),
    ], [(at("25 10:00"), "customer"), (at("25 10:02"), ana)])  # fmt: skip
    write_survey(centre, chats["before"], at("25 10:20"), "rated", 2, at("25 10:21"))
    chats["after"] = write_chat(centre, again, [
        (at("27 10:20"), "opened", sales, None, came),
        (at("27 10:20:30"), "claimed", sales, ana, by_ana),
        (at("27 10:40"), "closed", sales, None, by_ana | {"cause": "idle"}),
    ], [(at("27 10:20"), "customer"), (at("27 10:21"), ana)])  # fmt: skip
    write_survey(centre, chats["after"], at("27 10:40"), "lost")
    # Closed by a key while an operator had it: resolved, by that operator.
    chat("by_key", [
        (at("25 11:00"), "opened", None, None, came),
        (at("25 11:01"), "claimed", None, ana, by_ana),
        (at("25 11:10"), "closed", None, None, {"actor": "key:1"}),
    ], [(at("25 11:00"), "customer")])  # fmt: skip
    # A message of an operator who never held it serves it.
    chat("served_unheld", [
        (at("25 12:00"), "opened", support, None, came),
        (at("25 12:30"), "closed", support, None, {"actor": "key:1"}),
    ], [(at("25 12:00"), "customer"), (at("25 12:10"), bruno)])  # fmt: skip
    # Deleted: neither resolved nor lost.
    chat("deleted", [
        (at("25 13:00"), "opened", sales, None, came),
        (at("25 13:05"), "closed", sales, None, {"cause": "deleted"}),
    ])  # fmt: skip
    # Imported, then ours.
    chat("imported", [
        (at("18 09:00"), "opened", sales, None, {"cause": "import"}),
        (at("25 14:00"), "claimed", sales, ana, by_ana),
        (at("25 14:10"), "closed", sales, None, by_ana | resolved),
    ], [(at("18 09:00"), "customer"), (at("25 14:01"), "customer"),
        (at("25 14:02"), ana)])  # fmt: skip
    chat("imported_closed", [
        (at("18 09:00"), "opened", sales, None, {"cause": "import"}),
        (at("25 15:00"), "closed", sales, None, {"cause": "imported"}),
    ])  # fmt: skip
    # Open: one answered once that waits for an answer again, and one queued.
    chat(
        "open",
        [
            (at("26 10:00"), "opened", None, None, came),
            (at("26 10:00"), "entered_area", sales, None),
            (at("26 10:02"), "claimed", sales, ana, by_ana),
        ],
        [
            (at("26 10:00"), "customer"),
            (at("26 10:03"), ana),
            (at("26 10:09"), "customer"),
        ],
    )
    chat("waiting", [
        (at("26 11:00"), "opened", None, None, came),
        (at("26 11:00") + timedelta(microseconds=7), "entered_area", support, None),
    ], [(at("26 11:00"), "customer")])  # fmt: skip
    return chats
