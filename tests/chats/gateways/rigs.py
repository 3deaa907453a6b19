"""Each driver with its fake behind one interface, for the common scenarios."""

from __future__ import annotations

import io
from base64 import b64encode
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from chats.gateways.base import Account, File, Media, Outgoing
from chats.gateways.controller import Controller
from chats.gateways.deadline_adapter import Timeouts
from chats.gateways.evolution import Evolution, EvolutionWebhook
from chats.gateways.http import Http
from chats.gateways.messenger import Messenger, MessengerWebhook
from chats.gateways.whatsapp_cloud import WhatsAppCloud, WhatsAppCloudWebhook
from chats.gateways.wppconnect import WPPConnect, WPPConnectWebhook
from hci_center.demo.gateways.controller import FakeController
from hci_center.demo.gateways.evolution import FakeEvolution
from hci_center.demo.gateways.messenger import FakeMessenger
from hci_center.demo.gateways.whatsapp_cloud import FakeWhatsAppCloud
from hci_center.demo.gateways.wppconnect import FakeWPPConnect

TOKEN = "canary-token-4c1d"
SECRET = "sesame"
PERSON = "5511987654321"
STRANGER = "5511900000000"
PNG = bytes.fromhex("89504e470d0a1a0a0000000d49484452") + bytes(range(256)) * 400
# Long enough for a busy machine, and short for gateways that are made to hang.
USUAL = Timeouts(connect=5.0, read=5.0, total=10.0)
SHORT = Timeouts(connect=1.0, read=0.4, total=1.0)


def file_of(content: bytes, name: str, mime: str, **more: Any) -> File:
    return File(name, mime, len(content), lambda: io.BytesIO(content), **more)


class Rig:
    """The differences between gateways: names, and how a fault is set up."""

    name: str
    fake: Any
    gateway: Any
    webhook: Any = None
    account: Account
    carries_uuid = True
    templates = False
    timeouts = USUAL

    def __init__(self) -> None:
        self.http = Http(self.timeouts)

    def out(self, **over: Any) -> Outgoing:
        values = {
            "uuid": str(uuid4()),
            "to": PERSON,
            "kind": "text",
            "text": "Olá! 😀 ção",
            "operator": "7",
            "last_inbound_at": datetime.now(UTC),
        }
        return Outgoing(**values | over)

    def send(self, **over: Any) -> Any:
        return self.gateway.send(self.account, self.out(**over))

    def with_token(self, token: str) -> Account:
        return replace(self.account, token=token)

    def disconnect(self) -> None:
        raise NotImplementedError

    def keep(self, content: bytes, mime: str) -> Media:
        """Stores a received file at the gateway; returns its reference in a webhook."""
        raise NotImplementedError

    def received(self, payload: dict[str, Any]) -> list[Any]:
        """Returns the driver's events of a webhook posted by the fake."""
        import json

        raw = json.dumps(payload).encode()
        pieces = self.webhook.receive(
            {k.lower(): v for k, v in self.fake.headers_of(raw).items()}, raw
        )
        return [
            event
            for piece in pieces
            for event in self.webhook.parse(json.loads(piece.payload))
        ]


class ControllerRig(Rig):
    name = "controller"

    def __init__(self) -> None:
        super().__init__()
        self.fake = FakeController(secret=TOKEN).start()
        self.fake.people = {int(PERSON)}
        self.gateway = Controller(self.http)
        self.account = Account("controller:1", self.fake.url, token=TOKEN)

    def disconnect(self) -> None:
        self.fake.state = "closed"


class MessengerRig(Rig):
    name = "messenger"

    def __init__(self) -> None:
        super().__init__()
        self.fake = FakeMessenger(page="369258147", token=TOKEN, secret=SECRET).start()
        self.fake.people[PERSON] = datetime.now(UTC)
        self.gateway = Messenger(self.http, (self.fake.url,))
        self.webhook = MessengerWebhook(lambda: {SECRET: None})
        self.account = Account(
            "messenger:1", f"{self.fake.url}/v25.0", "369258147", TOKEN
        )

    def disconnect(self) -> None:
        self.fake.token = "renewed"

    def keep(self, content: bytes, mime: str) -> Media:
        self.fake.media["7"] = (content, mime)
        return Media(mime, url=f"{self.fake.url}/media/7")


class CloudRig(Rig):
    name = "whatsapp_cloud"
    templates = True

    def __init__(self) -> None:
        super().__init__()
        phone = "106540352242922"
        self.fake = FakeWhatsAppCloud(phone=phone, token=TOKEN, secret=SECRET).start()
        self.fake.people[PERSON] = datetime.now(UTC)
        self.gateway = WhatsAppCloud(self.http, (self.fake.url,))
        self.webhook = WhatsAppCloudWebhook(lambda: {SECRET: None})
        self.account = Account(
            "cloud:1",
            f"{self.fake.url}/v25.0",
            phone,
            TOKEN,
            business=self.fake.business,
        )

    def disconnect(self) -> None:
        self.fake.token = "renewed"

    def keep(self, content: bytes, mime: str) -> Media:
        self.fake.media["7"] = (content, mime)
        return Media(mime, id="7")


class EvolutionRig(Rig):
    name = "evolution"
    carries_uuid = False

    def __init__(self) -> None:
        super().__init__()
        self.fake = FakeEvolution(instance="padaria", key=TOKEN).start()
        self.fake.people.add(PERSON)
        self.gateway = Evolution(self.http)
        self.webhook = EvolutionWebhook()
        self.account = Account("evolution:1", self.fake.url, "padaria", TOKEN)

    def disconnect(self) -> None:
        self.fake.state = "close"

    def keep(self, content: bytes, mime: str) -> Media:
        self.fake.media["3EB07"] = (b64encode(content).decode(), mime)
        self.fake.kept["3EB07"] = {"documentMessage": {}}
        return Media(mime, id="3EB07")


class WPPConnectRig(Rig):
    name = "wppconnect"
    carries_uuid = False

    def __init__(self) -> None:
        super().__init__()
        self.fake = FakeWPPConnect(session="padaria", token=TOKEN).start()
        self.fake.people.add(PERSON)
        self.gateway = WPPConnect(self.http)
        self.webhook = WPPConnectWebhook()
        self.account = Account("wppconnect:1", self.fake.url, "padaria", TOKEN)

    def disconnect(self) -> None:
        self.fake.status = "CLOSED"

    def keep(self, content: bytes, mime: str) -> Media:
        name = f"false_{PERSON}@c.us_3A7"
        self.fake.media[name] = (b64encode(content).decode(), mime)
        return Media(mime, id=name)


RIGS = {
    rig.name: rig
    for rig in (ControllerRig, MessengerRig, CloudRig, EvolutionRig, WPPConnectRig)
}
