from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from hci_center.local.file_store import take_file_store


class Command(BaseCommand):
    help = (
        "Makes this database accept the folder or bucket of files as it is set now, "
        "after its files were moved or restored there."
    )

    def handle(self, *_args: Any, **_options: Any) -> None:
        take_file_store()
        self.stdout.write("The files of this database are now where they are set.")
