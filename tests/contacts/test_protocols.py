"""Protocols contain the date, a number and a check digit against typing errors."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from contacts.protocols import issue_protocol
from tests import builders
from tests.racing import at_once


def check_digit(digits):
    """ISO 7064, MOD 11,10, implemented literally."""
    remainder = 10
    for digit in digits:
        remainder = ((remainder + int(digit)) % 10 or 10) * 2 % 11
    return str((11 - remainder) % 10)


def test_a_protocol_has_the_managers_day_a_number_and_a_check_digit(manager):
    before = datetime.now(ZoneInfo(manager.time_zone))
    protocol = issue_protocol(manager.pk)
    after = datetime.now(ZoneInfo(manager.time_zone))
    assert protocol.startswith("BR")
    digits = protocol.removeprefix("BR")
    assert digits[:8] in {f"{before:%Y%m%d}", f"{after:%Y%m%d}"}
    assert len(digits) == 8 + 6 + 1
    assert digits[-1] == check_digit(digits[:-1])


def test_the_day_is_that_of_the_managers_time_zone(db):
    zones = ("Pacific/Kiritimati", "Pacific/Pago_Pago")  # 25 hours apart
    days = [
        issue_protocol(builders.make_manager(time_zone=zone).pk)[2:10] for zone in zones
    ]
    assert days[0] > days[1]


def test_protocols_are_unique(manager, other_manager):
    issued = [issue_protocol(m.pk) for m in (manager, other_manager) for _ in range(50)]
    assert len(set(issued)) == 100


def test_the_check_digit_detects_every_single_wrong_digit(manager):
    digits = issue_protocol(manager.pk).removeprefix("BR")
    for position in range(len(digits) - 1):
        for other in set("0123456789") - {digits[position]}:
            mistyped = digits[:position] + other + digits[position + 1 : -1]
            assert check_digit(mistyped) != digits[-1]


@pytest.mark.django_db(transaction=True)
def test_simultaneously_issued_protocols_are_unique(manager):
    issued = at_once([lambda: [issue_protocol(manager.pk) for _ in range(20)]] * 10)
    assert len({protocol for some in issued for protocol in some}) == 200
