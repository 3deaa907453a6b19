"""Plans of hot statements are cached: planning takes longer than running."""

from __future__ import annotations

import pytest
from django.db import connection

from contacts.models import Contact

# A connection prepares a statement at its sixth run, and plans the next five runs for
# their values. After that it does so only if that seems cheaper.
FIVE, OFTEN = 5, 20
# The contacts of a manager: the plan depends on their number, so planning is worth it.
EACH_TIME = "WHERE c.manager_id = "


def plans() -> dict[str, tuple[int, int]]:
    """Returns how often each prepared statement used a generic and a custom plan."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT statement, generic_plans, custom_plans FROM pg_prepared_statements"
        )
        return {said: (kept, planned) for said, kept, planned in cursor.fetchall()}


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/api/user/", {"number": True}),
        (
            "POST",
            "/api/user/contact/operator",
            {"number": True, "operatorId": True, "area": "area-3"},
        ),
        ("POST", "/api/chat/message", {"operatorId": True, "contactId": True}),
        (
            "POST",
            "/api/chat/message/send",
            {
                "contactNumber": True,
                "managerNumber": True,
                "from": True,
                "type": "text",
                "content": "Oi",
            },
        ),
        ("PUT", "/api/user/contact/sa/increase", {"number": True, "contactId": True}),
        (
            "PUT",
            "/api/user/contact/operator/my",
            {"number": True, "contactId": True, "operatorId": True},
        ),
    ],
)
def test_a_hot_call_is_planned_no_more_than_five_times(
    crowd, key, operator, method, path, body
):
    before = plans()
    free = Contact.objects.filter(manager=crowd, operator=None).order_by("id")
    for contact in free[:OFTEN]:
        known = {
            "number": crowd.number,
            "managerNumber": crowd.number,
            "operatorId": str(operator.pk),
            "contactId": int(contact.external_id),
            "contactNumber": int(contact.external_id),
            "from": int(contact.external_id),
        }
        sent = {
            name: known[name] if said is True else said for name, said in body.items()
        }
        assert key.call(method, path, sent).status_code == 200
    often = {
        said: planned - before.get(said, (0, 0))[1]
        for said, (kept, planned) in plans().items()
        if kept + planned - sum(before.get(said, (0, 0))) >= OFTEN - 2 * FIVE
    }
    assert often
    again = {
        said: times
        for said, times in often.items()
        if times > FIVE and EACH_TIME not in said
    }
    assert again == {}
