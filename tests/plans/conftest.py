from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from areas.models import Area, Operator
from managers.models import Manager
from tests import builders
from tests.conftest import Api
from tests.module_rows import module_rows
from tests.plans.crowd import gather


@pytest.fixture(scope="module")
def _gathered(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Creates the crowd once per module, in a transaction around its tests."""
    with module_rows(django_db_blocker):
        gather()
        yield


@pytest.fixture
def crowd(_gathered: None, db: None) -> Manager:
    """The first of the busy managers."""
    return Manager.objects.get(facebook_id="crowd-1")


@pytest.fixture
def area(crowd: Manager) -> Area:
    return Area.objects.get(manager=crowd, code="area-3")


@pytest.fixture
def operator(crowd: Manager) -> Operator:
    return Operator.objects.filter(manager=crowd).earliest("id")


@pytest.fixture
def key(crowd: Manager) -> Api:
    """A cached key, so that its lookup is not counted with a call."""
    api = Api(builders.make_key())
    assert api.post("/api/user/", {"number": 1}).status_code == 404
    return api
