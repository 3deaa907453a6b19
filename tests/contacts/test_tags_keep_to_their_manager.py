"""A tag and its contact always belong to one manager."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction

from contacts.models import Tag, Tagging
from tests import builders


def test_a_foreign_contact_cannot_be_tagged(manager, other_manager):
    tag = Tag.objects.create(manager=manager, code="vip", name="VIP")
    own = builders.make_contact(manager)
    foreign = builders.make_contact(other_manager)
    Tagging.objects.create(manager=manager, contact=own, tag=tag)
    with pytest.raises(IntegrityError), transaction.atomic():
        Tagging.objects.create(manager=manager, contact=foreign, tag=tag)
