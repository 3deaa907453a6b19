"""The kinds of data in previews and certificates, and how they are erased."""

from __future__ import annotations

from typing import Any, NamedTuple

from django.utils.translation import gettext_lazy as _

DELETED, EMPTIED = _("deleted"), _("emptied")


class Kind(NamedTuple):
    """A kind of rows: its label, and what an erasure does to it."""

    name: Any
    becomes: Any


# In display order.
KINDS: dict[str, Kind] = {
    "contacts": Kind(
        _("Contacts"), _("made anonymous: nobody's name, number, picture")
    ),
    "closed": Kind(_("Open chats"), _("closed")),
    "messages": Kind(
        _("Messages"), _("text, link, caption emptied; time and direction stay")
    ),
    "files": Kind(_("Files and pictures"), DELETED),
    "versions": Kind(_("Earlier texts of messages"), DELETED),
    "notes": Kind(_("Internal notes"), DELETED),
    "scheduled": Kind(_("Scheduled messages"), DELETED),
    "ids": Kind(_("Numbers and ids"), DELETED),
    "tags": Kind(_("Tags"), DELETED),
    "consents": Kind(_("Consents"), DELETED),
    "comments": Kind(_("Comments of surveys"), _("emptied; the marks stay")),
    "names": Kind(_("Names in transcripts"), EMPTIED),
    "deliveries": Kind(_("Deliveries"), _("template and token emptied")),
    "gatewayIds": Kind(_("Ids of gateways"), DELETED),
    "downloads": Kind(_("Pending downloads"), DELETED),
    "receipts": Kind(_("Pending receipts"), DELETED),
    "lookups": Kind(_("Look-ups of names and pictures"), DELETED),
    "tasks": Kind(_("Pending tasks"), DELETED),
    "searchIndex": Kind(_("Entries of the search index"), DELETED),
    "rawEvents": Kind(_("Raw events of webhooks"), EMPTIED),
    "storedAnswers": Kind(_("Stored answers of calls"), DELETED),
    "imported": Kind(_("References to the imported data"), EMPTIED),
    "feed": Kind(_("Events of the live feed"), EMPTIED),
    "adminLog": Kind(_("Names in the log of changes"), _("replaced by numbers")),
}

# The data that an erasure keeps, and the legal grounds.
STAYS = (
    (
        _("The ledger of the chats, their protocols, and marks without comments"),
        _("They name nobody; the protocol is the record of the service (LGPD, 16, I)."),
    ),
    (
        _("Figures of the reports"),
        _("They are counts and times, and no longer concern a person (LGPD, 12)."),
    ),
    (
        _("The record of who asked and who erased, with a mark of the person"),
        _("It proves the erasure, and the mark is no id (LGPD, 37)."),
    ),
    (
        _("Backups of the database"),
        _("They expire; a restored one is erased again by the mark."),
    ),
    (
        _("What Meta, the gateways and the telephones themselves hold"),
        _("It is outside this system: ask there too."),
    ),
)


class Counted(NamedTuple):
    """A row of a table of counts."""

    name: Any
    becomes: Any
    n: int


def listed(counts: dict[str, int]) -> list[Counted]:
    """Returns the kinds with rows, in display order."""
    return [
        Counted(kind.name, kind.becomes, counts[code])
        for code, kind in KINDS.items()
        if counts.get(code)
    ]
