"""`manage.py serve_demo_gateways`: runs the demonstration's gateways and customers."""

from __future__ import annotations

import signal
import threading
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import connection, transaction

from hci_center.audit.database import name_actor
from hci_center.demo.answers import SimulatedCustomers
from hci_center.demo.gateways.run import DemoGateways
from hci_center.demo.visit import Visits
from hci_center.hosts import in_address, reachable
from managers.keys import create_key, revoke_key
from managers.models import Manager

KEY = "demo gateways"


class Command(BaseCommand):
    help = "Serves simulated gateways for the demonstration's managers."

    def handle(self, *_args: Any, **_options: Any) -> None:
        managers = list(Manager.objects.filter(is_demo=True))
        # A new key each time: keys can be read only once.
        with transaction.atomic():
            name_actor()
            revoke_key(KEY)
            key = create_key(KEY, managers=managers, secrets_scope=False)
        connection.close()
        us = f"http://{in_address(reachable(settings.HOST))}:{settings.PORT}"
        gateways = DemoGateways(
            settings.DEMO_GATEWAYS_PORT,
            us=us,
            answer_to=SimulatedCustomers().answer_to,
            key=key,
            controllers={
                m.controller_port: m.number
                for m in managers
                if m.controller_port is not None and m.number is not None
            },
            pages={m.facebook_id: m.facebook_token for m in managers if m.facebook_id},
        )
        stopped = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stopped.set())
        with gateways:
            Visits(gateways, us, stopped).start()
            stopped.wait()
