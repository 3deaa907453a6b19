"""Imports the files of a folder in one transaction, all or nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from hci_center.audit.recording import record
from hci_center.legacy.conversations import Chats
from hci_center.legacy.documents import Document, documents_of, files_of, is_cut_off
from hci_center.legacy.fields import Fields, WrongFieldError
from hci_center.legacy.heads import Heads
from hci_center.legacy.map_file import Map
from hci_center.legacy.people import People, Rules
from hci_center.legacy.proof import ContactProof, prove_managers
from hci_center.legacy.report import Report
from hci_center.legacy.users import Users

_ALONE = "SELECT pg_try_advisory_xact_lock(hashtext('hci_center.legacy'))"
TABLES = (
    "contacts_contact", "contacts_identity", "chats_chat", "chats_chatevent",
    "chats_message", "import_ref",
)  # fmt: skip


class ImportRefusedError(Exception):
    """Nothing was written; the reason is a sentence."""


class _RolledBackError(Exception):
    """Ends a dry run, or an import with errors."""


@dataclass(frozen=True, slots=True)
class Options:
    """What to import, and whether to commit it.

    `verifies` compares everything imported with the files, and changes nothing.
    """

    folder: Path
    map: Map = field(default_factory=Map)
    commits: bool = False
    is_delta: bool = False
    verifies: bool = False
    progress: Callable[[int], Any] = lambda _number: None


def run(options: Options, report: Report) -> bool:
    """Imports the files; returns whether there were no errors or differences.

    A dry run does everything and rolls back. Raises ImportRefusedError.
    """
    users, chats = (files_of(options.folder, name) for name in ("users", "chats"))
    if not users and not chats:
        raise ImportRefusedError(
            _("%s has neither users*.json nor chats*.json.") % options.folder
        )
    for path in (*users, *chats):
        if is_cut_off(path):
            raise ImportRefusedError(
                _("%s is an array without its end: was the export interrupted?") % path
            )
    is_right = False
    try:
        with transaction.atomic():
            _begin()
            is_right = _Import(options, report).read(users, chats)
            if not is_right or not options.commits:
                raise _RolledBackError
            _record(report)
    except _RolledBackError:
        return is_right
    except IntegrityError as error:
        sentence = _("Something was written here meanwhile; repeat the import. (%s)")
        raise ImportRefusedError(sentence % str(error).partition("\n")[0]) from error
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"ANALYZE {table}")
    return True


def _record(report: Report) -> None:
    """Writes one line of the audit for an import that made or changed rows."""
    counts = {
        name: {outcome: found[outcome] for outcome in ("made", "changed")}
        for name, found in report.counts.items()
        if found["made"] or found["changed"]
    }
    if counts:
        record("import", "import", after=counts)


def _begin() -> None:
    with connection.cursor() as cursor:
        cursor.execute(_ALONE)
        if not cursor.fetchone()[0]:
            raise ImportRefusedError(_("Another import is running."))
        cursor.execute("SELECT change_bulk_load()")
        # At the end of each COPY instead of all at once at the commit.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


class _Import:
    """One import, within its transaction."""

    def __init__(self, options: Options, report: Report) -> None:
        self.options, self.report = options, report
        self.rules = Rules(
            is_delta=options.is_delta or options.verifies,
            proves_all=options.verifies,
            now=timezone.now(),
        )
        self.users = Users(options.map, report)
        self.proof = ContactProof(report)
        self.people = People(self.rules, report, self.proof)
        self.places: dict[int, str] = {}

    def read(self, users: list[Path], chats: list[Path]) -> bool:
        for document in documents_of(users):
            self._read_user(document)
        self._check_map()
        heads = Heads(self.users, self.people, self.options.map, self.report)
        heads.read(documents_of(chats))
        written = Chats(
            self.rules, self.users, heads, self.report, self.options.progress
        )
        written.read(documents_of(chats))
        if self.report.error_count:
            return False
        self.proof.read_back()
        owners = [
            owner for owner in self.users.owners.values()
            if owner.is_touched or self.options.verifies
        ]  # fmt: skip
        proved = [
            prove_managers(owners, self.places, self.report),
            self.proof.digests.is_equal(),
            written.digests.is_equal(),
        ]
        return all(proved) and not (self.options.verifies and self._differs())

    def _read_user(self, document: Document) -> None:
        self.report.count("users", "documents")
        if document.values is None:
            self.report.error("users", document.place, _("This is not JSON."))
            return
        fields = Fields(document.values)
        owner = self.users.read(document, fields)
        if owner is None:
            return
        self.places[owner.id] = document.place
        try:
            contacts = fields.objects("contacts")
        except WrongFieldError as error:
            place = f"{document.place} {error.name}"
            self.report.error("users", place, error.sentence)
            return
        self.people.read(owner, document.place, contacts)

    def _check_map(self) -> None:
        """Reports parts of the map that belong to no user."""
        given = self.options.map
        for name in given.operators:
            if self.users.of_name(name) is None:
                place = f"{given.name} operators.{name}"
                self.report.error("users", place, _("No user has this number or page."))

    def _differs(self) -> bool:
        """Whether the files contain data that is not imported."""
        counts = self.report.counts
        return any(counts[n]["made"] or counts[n]["changed"] for n in counts)
