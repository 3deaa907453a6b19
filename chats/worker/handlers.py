"""The function that runs each kind of task of the rules."""

from __future__ import annotations

from collections.abc import Mapping

from chats.models import Task
from chats.rules.inbound import handle_inbound
from chats.rules.tasks import Handler

HANDLERS: Mapping[str, Handler] = {
    Task.Kind.INBOUND: handle_inbound,
}
