"""A bakery at a fixed moment: the data shown in the screenshots."""

from __future__ import annotations

import base64
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import QuerySet

from areas.models import Operator, OperatorArea
from chats.models import ApprovedTemplate, ChatEvent, Clock, GatewayAccount, Message
from contacts.models import Channel, Contact, Tag, Tagging
from tests import builders
from tests.console.browser.company import Company

# A Thursday; pages have their clock set to it.
NOW = datetime(2026, 11, 26, 14, 32, tzinfo=ZoneInfo("America/Sao_Paulo"))
FILES = Path(settings.BASE_DIR) / "hci_center" / "demo" / "seed" / "files"
IN, OUT = "in", "out"


def ago(minutes: float) -> datetime:
    return NOW - timedelta(minutes=minutes)


class Bakery:
    """Fills a company with chats; times are in minutes before NOW."""

    def __init__(self, company: Company) -> None:
        self.company, self.manager = company, company.manager
        self.manager.gateway = "whatsapp_cloud"
        self.manager.save()
        self.areas = {one.code: one for one in (company.sales, company.support)}
        for code, name in (("entregas", "Entregas"), ("financeiro", "Financeiro")):
            area = self.areas[code] = builders.make_area(self.manager, code, name=name)
            OperatorArea.objects.create(
                manager=self.manager, operator=company.ana, area=area
            )
        self.count = 0
        self._approve_templates()

    def chat(
        self,
        name: str,
        area: str,
        holder: Operator | None,
        said: list[tuple[Any, ...]],
        *,
        channel: str = Channel.WHATSAPP,
        unread: int = 0,
        tags: tuple[str, ...] = (),
        due: float | None = None,
    ) -> Contact:
        """Opens a chat; `said` is (minutes ago, direction, text or file name, more)."""
        self.count += 1
        opened, last = ago(said[0][0]), ago(said[-1][0])
        number = str(5511940020000 + 137 * self.count)
        contact = builders.make_contact(
            self.manager,
            name=name,
            channel=channel,
            external_id=number if channel == Channel.WHATSAPP else f"74182{number}",
            protocol=f"BR2026112600{1500 + 7 * self.count}",
            area=self.areas[area],
            operator=holder,
            created_at=opened,
        )
        chat = builders.make_chat(contact, protocol=contact.protocol, opened_at=opened)
        self._write_events(chat, opened, holder)
        for one in said:
            self._say(chat, *one)
        incoming = [minutes for minutes, direction, *_ in said if direction == IN]
        answered = min((one[0] for one in said if one[1] == OUT), default=None)
        waiting = [one for one in incoming if answered is None or one < answered]
        Contact.objects.filter(pk=contact.pk).update(
            unread=unread,
            queued_at=opened,
            last_in_at=ago(incoming[-1]),
            last_message_at=last,
            waiting_since=ago(waiting[0]) if waiting else None,
        )
        self._tag(contact, tags)
        Clock.objects.filter(chat=chat).delete()
        if due is not None:
            self._start_clock(chat, opened, due)
        return contact

    def _write_events(self, chat: Any, opened: datetime, holder: Any) -> None:
        common = {"manager": self.manager, "chat": chat, "area": chat.contact.area}
        ChatEvent.objects.create(kind="opened", at=opened, cause="customer", **common)
        if holder is not None:
            at = opened + timedelta(minutes=2)
            ChatEvent.objects.create(
                kind="claimed", at=at, operator=holder, acting_operator=holder, **common
            )

    def _say(
        self,
        chat: Any,
        minutes: float,
        direction: str,
        text: str,
        how: dict[str, Any] | None = None,
    ) -> None:
        more = dict(how or {})
        if "." in text and (FILES / text).exists():
            kind = "audio" if text.endswith(".ogg") else "image"
            content = base64.b64encode((FILES / text).read_bytes()).decode()
            mime = "audio/ogg" if kind == "audio" else "image/png"
            data = f"data:{mime};base64,{content}"
            caption = more.get("caption", "")
            self.company.say(chat.contact, caption, type=kind, base64=data)
            stored = self._messages(chat).latest("pk")
            self._messages(chat).filter(pk=stored.pk).update(created_at=ago(minutes))
            return
        status = more.pop("status", "read")
        if (quoted := more.pop("quotes", None)) is not None:
            found = self._messages(chat).get(content=quoted)
            more["details"] = {"replyTo": str(found.uuid)}
        builders.make_message(
            chat,
            direction=direction,
            content=text,
            created_at=ago(minutes),
            status=status,
            **({"sender": str(chat.contact.operator_id)} if direction == OUT else {}),
            **more,
        )

    def _messages(self, chat: Any) -> QuerySet[Message]:
        return Message.objects.filter(chat=chat)

    def _tag(self, contact: Contact, codes: tuple[str, ...]) -> None:
        for tag in Tag.objects.filter(manager=self.manager, code__in=codes):
            Tagging.objects.create(contact=contact, tag=tag, manager=self.manager)

    def _start_clock(self, chat: Any, opened: datetime, due: float) -> None:
        """Starts a clock of 15 minutes that ends in `due` minutes (may be negative)."""
        end = ago(-due)
        Clock.objects.create(
            chat=chat,
            kind=Clock.Kind.REPLY if chat.contact.operator_id else Clock.Kind.QUEUE,
            area=chat.contact.area,
            target=900,
            started_at=end - timedelta(minutes=15),
            risk_at=end - timedelta(minutes=3),
            due_at=end,
        )

    def _approve_templates(self) -> None:
        account, _ = GatewayAccount.objects.get_or_create(
            manager=self.manager, channel=Channel.WHATSAPP
        )
        for name, text, parameters in TEMPLATES:
            ApprovedTemplate.objects.create(
                account=account,
                name=name,
                language="pt_BR",
                category="UTILITY",
                text=text,
                parameters=parameters,
            )


TEMPLATES = (
    (
        "encomenda_pronta",
        "Olá, {{1}}! A sua encomenda está pronta. Pode retirar até as {{2}}.",
        2,
    ),
    ("retomar_conversa", "Olá, {{1}}! Podemos continuar o seu pedido por aqui?", 1),
    ("pesquisa", "Olá, {{1}}! Como foi a entrega? Responda de 1 a 5.", 1),
)
