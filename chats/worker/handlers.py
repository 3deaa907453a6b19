"""Maps each kind of rule task to its handler."""

from __future__ import annotations

from collections.abc import Mapping

from chats.models import Task
from chats.rules.assignment import handle_assign
from chats.rules.clocks import handle_clock
from chats.rules.idle import handle_idle
from chats.rules.inbound import handle_inbound
from chats.rules.menu import handle_menu
from chats.rules.offline import handle_offline
from chats.rules.scheduled import handle_scheduled
from chats.rules.tasks import Handler

HANDLERS: Mapping[str, Handler] = {
    Task.Kind.ASSIGN: handle_assign,
    Task.Kind.CLOCK: handle_clock,
    Task.Kind.IDLE: handle_idle,
    Task.Kind.INBOUND: handle_inbound,
    Task.Kind.MENU: handle_menu,
    Task.Kind.OFFLINE: handle_offline,
    Task.Kind.SCHEDULED: handle_scheduled,
}
