"""The certificate of an erasure: what was erased, what is kept and on which grounds."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from typing import Any
from uuid import UUID

from hci_center.privacy.kinds import STAYS
from hci_center.privacy.models import Request, Tombstone
from hci_center.times import as_time

SCHEMA = "hci-erasure-certificate/1"


def certificate_of(request: Request, done_at: datetime) -> dict[str, Any]:
    """Returns the certificate as JSON; the person appears only as hashes."""
    buried: dict[UUID | None, list[str]] = {
        each.id: each.marks
        for each in Tombstone.objects.filter(certificate=request.code)
    }
    subjects = request.subjects.select_related("manager").order_by("pk")
    body: dict[str, Any] = {
        "schema": SCHEMA,
        "certificate": request.code,
        "requestedAt": as_time(request.made_at),
        "confirmedAt": as_time(request.confirmed_at or request.made_at),
        "erasedAt": as_time(done_at),
        "askedBy": request.asked_by,
        "identified": request.identified,
        "why": request.why,
        "madeBy": request.made_by,
        "confirmedBy": request.confirmed_by,
        "managers": [
            {
                "name": subject.manager.name,
                "counts": subject.counts,
                "marks": buried.get(subject.tombstone_id, []),
            }
            for subject in subjects
        ],
        "stays": [{"what": str(what), "ground": str(why)} for what, why in STAYS],
    }
    return {**body, "sha256": digest_of(body)}


def digest_of(body: dict[str, Any]) -> str:
    """Returns the SHA-256 of a certificate without its digest, in canonical JSON."""
    plain = {key: value for key, value in body.items() if key != "sha256"}
    text = json.dumps(plain, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
