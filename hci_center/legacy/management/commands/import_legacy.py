"""`manage.py import_legacy`: the users and chats of the earlier system."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _
from tqdm import tqdm

from hci_center.database.timeouts import use_role
from hci_center.legacy.importing import ImportRefusedError, Options, run
from hci_center.legacy.map_file import WrongMapError, read_map
from hci_center.legacy.report import SHOWN, Report


class Command(BaseCommand):
    help = (
        "Imports users*.json and chats*.json, as mongoexport writes them, all or "
        "nothing. Without --commit nothing is kept: a dry run."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", metavar="DIR", type=Path)
        parser.add_argument(
            "--map", type=Path, metavar="FILE", help="who the operators are, as JSON"
        )
        parser.add_argument(
            "--commit", action="store_true", help="keep what is imported"
        )
        parser.add_argument(
            "--delta", action="store_true",
            help="also append new messages of imported chats, and change contacts",
        )  # fmt: skip
        parser.add_argument(
            "--verify", action="store_true",
            help="only compare all that was imported with the files",
        )  # fmt: skip
        parser.add_argument(
            "--report", type=Path, metavar="FILE", help="where all problems are written"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        use_role("command")
        if options["verify"] and options["commit"]:
            raise CommandError(_("--verify keeps nothing: leave out --commit."))
        with ExitStack() as stack:
            report = Report(_opened(options["report"], stack))
            bar = stack.enter_context(
                tqdm(
                    unit=" messages", unit_scale=True, file=sys.stderr,
                    disable=options["verbosity"] == 0,
                )
            )  # fmt: skip
            try:
                is_right = run(_options(options, bar.update), report)
            except (ImportRefusedError, WrongMapError) as error:
                raise CommandError(f"{error}\n" + _("Nothing was changed.")) from error
            self._print(report)
            if report.file is not None:
                report.file.writelines(f"{line}\n" for line in report.summary())
        if not is_right:
            raise CommandError(_verdict(report))
        if options["verify"]:
            self.stdout.write(_("All that was imported is here."))
        elif not options["commit"]:
            self.stdout.write(
                _("A dry run: nothing was kept. Repeat it with --commit.")
            )

    def _print(self, report: Report) -> None:
        for line in report.problems:
            self.stdout.write(line)
        more = report.problem_count - len(report.problems)
        if more:
            sentence = _("The first %(shown)d of %(all)d: use --report for all.")
            self.stdout.write(sentence % {"shown": SHOWN, "all": report.problem_count})
        for line in report.summary():
            self.stdout.write(line)


def _opened(path: Path | None, stack: ExitStack) -> Any:
    if path is None:
        return None
    try:
        return stack.enter_context(path.open("w", encoding="utf-8"))
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror}.") from error


def _options(given: dict[str, Any], progress: Any) -> Options:
    return Options(
        folder=given["folder"],
        map=read_map(given["map"]),
        commits=given["commit"],
        is_delta=given["delta"],
        verifies=given["verify"],
        progress=progress,
    )


def _verdict(report: Report) -> str:
    if report.error_count:
        return _("Errors: %d. Nothing was changed.") % report.error_count
    return _("What was read back differs from the files. Nothing was changed.")
