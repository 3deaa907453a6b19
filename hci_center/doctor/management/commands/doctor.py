"""`manage.py doctor`: checks the installation and gives advice."""

from __future__ import annotations

import json
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.utils import translation
from django.utils.translation import gettext as _

from hci_center.database.timeouts import use_role
from hci_center.doctor.checklist import findings
from hci_center.doctor.findings import Finding

WORST_FIRST = ("error", "warning", "ok")


class Command(BaseCommand):
    help = (
        "Checks database, Redis, settings, secrets, clock, disk, gateways, certificate, "
        "backups and processes, and says what to do. Exits 1 if there is an error."
    )
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="for programs")
        parser.add_argument(
            "--language",
            choices=[code for code, _name in settings.LANGUAGES],
            default=settings.LANGUAGE_CODE,
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        # So that no check waits for long.
        use_role("web")
        with translation.override(options["language"]):
            found = list(findings())
            if options["json"]:
                self.stdout.write(_as_json(found))
            else:
                self._show(found)
        if any(finding.state == "error" for _name, finding in found):
            sys.exit(1)

    def _show(self, found: list[tuple[str, Finding]]) -> None:
        words = {"ok": _("ok"), "warning": _("warning"), "error": _("error")}
        width = max(map(len, words.values()))
        for name, finding in found:
            self.stdout.write(
                f"{words[finding.state]:{width}}  {name + ':':18} {finding.text}"
            )
            if finding.remedy:
                self.stdout.write(f"{'':{width}}  {'':18} → {finding.remedy}")
        counts = dict.fromkeys(words, 0)
        for _name, finding in found:
            counts[finding.state] += 1
        self.stdout.write(
            _("%(errors)d errors, %(warnings)d warnings.")
            % {"errors": counts["error"], "warnings": counts["warning"]}
        )


def _as_json(found: list[tuple[str, Finding]]) -> str:
    states = {finding.state for _name, finding in found}
    return json.dumps(
        {
            "status": next(state for state in WORST_FIRST if state in states),
            "checks": [
                {
                    "check": name,
                    "state": finding.state,
                    "text": finding.text,
                    "remedy": finding.remedy,
                }
                for name, finding in found
            ],
        },
        ensure_ascii=False,
        indent=2,
    )
