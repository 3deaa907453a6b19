"""The simplest correct client: its state, and how each frame changes it."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from tests.feed.client import Socket
from tests.feed.processes import Feed, ticket_of

Key = tuple[Any, Any]


class Mirror:
    """The state that its caller may see: read by REST once, then kept by the feed."""

    def __init__(self, feed: Feed, api: Any, operator: str, port: int) -> None:
        self.feed, self.api, self.operator, self.port = feed, api, operator, port
        self.managers: dict[Any, Any] = {}
        self.areas: dict[Key, Any] = {}
        self.operators: dict[Key, Any] = {}
        self.contacts: dict[Key, Any] = {}
        self.chats: dict[Key, Any] = {}
        self.messages: dict[Key, dict[str, Any]] = {}
        self.socket = Socket.__new__(Socket)
        self.resets = self.cuts = 0
        self.connect(None, None)

    # Reading ---------------------------------------------------------------

    def read_all(self) -> None:
        """Replaces the state with one read by REST."""
        for rows in (self.managers, self.areas, self.operators, self.contacts):
            rows.clear()
        self.chats.clear()
        self.messages.clear()
        for manager in self.api.get("/api/user/").json()["data"]:
            m = manager["number"] or manager["facebookId"]
            contacts = manager.pop("contacts")
            del manager["facebookToken"]
            self.managers[m] = manager
            for contact in contacts:
                self.contacts[m, contact["id"]] = contact
                self.read_chat((m, contact["id"]))
            for area in self.api.get(f"/api/area/{self.port}").json()["data"]:
                self.areas[m, area["id"]] = area
                self.read_operators(m, area["id"])

    def read_operators(self, m: Any, area: str) -> None:
        answer = self.api.post(f"/api/area/operator/{self.port}", {"idarea": area})
        for operator in answer.json()["data"]:
            del operator["online"]
            self.operators[m, operator["id"]] = operator

    def read_chat(self, key: Key) -> None:
        body = {"operatorId": self.operator, "number": key[0], "contactId": key[1]}
        answer = self.api.post("/api/chat/message", body).json()
        contact = self.contacts[key]
        self.chats.pop(key, None)
        self.messages[key] = {}
        if answer["success"]:
            protocol = contact["protocol"]
            self.chats[key] = {"open": True, "protocol": protocol}
            self.messages[key] = {
                message["id"]: {**message, "protocol": protocol}
                for message in answer["data"]
            }

    # Following -------------------------------------------------------------

    def connect(self, cursor: int | None, epoch: str | None) -> None:
        self.socket = self.feed.connect().hi(ticket_of(self.api), cursor, epoch)
        if cursor is None:
            assert self.socket.next()["t"] == "hb"
            self.read_all()

    def cut(self, *, hears_something: bool) -> None:
        """Breaks the connection and resumes it at the cursor.

        With `hears_something` it also reads one of the missed frames.
        """
        self.socket.drop()
        self.cuts += 1
        self.connect(self.socket.cursor, self.socket.epoch)
        if hears_something:
            self.apply_frame(self.socket.next())

    def listen(self, until: str) -> None:
        """Applies frames until the area of that code is there."""
        while not any(code == until for _, code in self.areas):
            self.apply_frame(self.socket.next())

    def apply_frame(self, frame: dict[str, Any]) -> None:
        if frame["t"] == "reset":
            self.resets += 1
            self.read_all()
        for event in frame["e"] if frame["t"] == "ev" else []:
            self.apply(event)

    def apply(self, event: dict[str, Any]) -> None:
        kind, op, m = event["k"], event["op"], event["m"]
        key, row = (m, event["id"]), event.get("row")
        if kind == "contact":
            self.apply_contact(key, op, row)
        elif kind == "chat":
            if row and row["open"]:
                self.chats[key] = row
            elif op == "D" or self.chats.get(key, row)["protocol"] == row["protocol"]:
                self.chats.pop(key, None)
        elif kind == "message" and row:
            self.messages.setdefault((m, row["contactId"]), {})[event["id"]] = row
        elif kind == "message":
            for messages in self.messages.values():
                messages.pop(event["id"], None)
        elif kind == "manager":
            _set(self.managers, m, row)
        else:
            _set(self.areas if kind == "area" else self.operators, key, row)

    def apply_contact(self, key: Key, op: str, row: Any) -> None:
        is_new = key not in self.contacts
        _set(self.contacts, key, row)
        if row is None:
            self.chats.pop(key, None)
            self.messages.pop(key, None)
        elif is_new and op == "U":
            self.read_chat(key)

    # Comparing -------------------------------------------------------------

    def shown(self) -> dict[str, Any]:
        """Returns the part of the state that a page would show."""
        return {
            "managers": self.managers,
            "areas": self.areas,
            "operators": {k: o for k, o in self.operators.items() if o["areas"]},
            "contacts": self.contacts,
            "messages": {
                key: {
                    pk: _plain(message)
                    for pk, message in self.messages.get(key, {}).items()
                    if message["protocol"] == chat["protocol"]
                }
                for key, chat in self.chats.items()
                if key in self.contacts
            },
        }


def _set(rows: dict[Any, Any], key: Any, row: Any) -> None:
    if row is None:
        rows.pop(key, None)
    else:
        rows[key] = row


def _plain(message: dict[str, Any]) -> dict[str, Any]:
    """Returns the message as REST does, its link without the signature."""
    plain = {k: v for k, v in message.items() if k not in ("protocol", "contactId")}
    if "url" in plain:
        plain["url"] = urlsplit(plain["url"])._replace(query="").geturl()
    return plain
