from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from hci_center.local.secret_check import take_secret_key


class Command(BaseCommand):
    help = (
        "Makes this database accept HCI_SECRET_KEY as it is now. API keys, sessions and "
        "links made with another key end, unless it is in HCI_SECRET_KEY_FALLBACKS."
    )

    def handle(self, *_args: Any, **_options: Any) -> None:
        take_secret_key()
        self.stdout.write("HCI_SECRET_KEY is now this database's.")
