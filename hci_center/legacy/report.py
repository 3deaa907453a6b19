"""Counts what an import does and collects its problems, without personal texts."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from typing import TextIO

from django.utils.translation import gettext as _

from hci_center.errors import Sentence

COLLECTIONS = ("users", "contacts", "chats", "messages")
OUTCOMES = ("documents", "made", "changed", "same", "skipped", "errors")
SHOWN = 1000
# Names of unknown fields come from the old database.
MOST_NAMES, LONGEST_NAME = 200, 60


class Report:
    """The counts of an import by collection, and its problems.

    All problems are written to `file`, if there is one; the first 1,000 are kept.
    """

    def __init__(self, file: TextIO | None = None) -> None:
        self.file = file
        self.counts: dict[str, Counter[str]] = {name: Counter() for name in COLLECTIONS}
        self.problems: list[str] = []
        self.problem_count = 0
        self.error_count = 0
        self.unknown: defaultdict[str, Counter[str]] = defaultdict(Counter)
        # Operators of the earlier system that are not in the map: uses, by location.
        self.unmapped: Counter[str] = Counter()
        # The digests of the rows, as (collection, number, old, new).
        self.proved: list[tuple[str, int, str, str]] = []

    def count(self, collection: str, outcome: str, number: int = 1) -> None:
        self.counts[collection][outcome] += number

    def error(self, collection: str, place: str, sentence: Sentence) -> None:
        """Adds an error; an import with any error writes nothing."""
        self.error_count += 1
        self.count(collection, "errors")
        self._add(_("error"), place, sentence)

    def warn(self, place: str, sentence: Sentence) -> None:
        self._add(_("warning"), place, sentence)

    def note_fields(self, collection: str, names: Iterable[str]) -> None:
        """Counts the fields of a document that are not imported."""
        known = self.unknown[collection]
        for name in names:
            shown = ascii(name[:LONGEST_NAME])[1:-1]
            if shown in known or len(known) < MOST_NAMES:
                known[shown] += 1

    def _add(self, kind: str, place: str, sentence: Sentence) -> None:
        line = f"{kind}: {place}: {sentence}"
        self.problem_count += 1
        if len(self.problems) < SHOWN:
            self.problems.append(line)
        if self.file is not None:
            self.file.write(f"{line}\n")

    def summary(self) -> Iterator[str]:
        """Yields the lines of counts, unknown fields, operators and digests."""
        heads = ("", _("documents"), _("made"), _("changed"), _("same"), _("skipped"))
        yield "".join(f"{head:>11}" for head in (*heads, _("errors")))
        for name, counts in self.counts.items():
            cells = "".join(f"{counts[outcome]:>11}" for outcome in OUTCOMES)
            yield f"{name:>11}{cells}"
        for name, unknown in self.unknown.items():
            fields = ", ".join(f"{field} ({n})" for field, n in unknown.most_common())
            if fields:
                sentence = _("Unknown fields of %(name)s: %(fields)s")
                yield sentence % {"name": name, "fields": fields}
        for operator, uses in sorted(self.unmapped.items()):
            sentence = _("Not in the map: operators.%(operator)s (%(uses)d times)")
            yield sentence % {"operator": operator, "uses": uses}
        for name, number, old, new in self.proved:
            verdict = _("equal") if old == new else _("DIFFERENT")
            sentence = _("Read back: %(name)s, %(number)d, %(verdict)s")
            yield sentence % {"name": name, "number": number, "verdict": verdict}
            yield f"  {old}"
            yield f"  {new}"
