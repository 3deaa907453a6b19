"""The names of operators who have left are removed on request."""

from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User

from areas.models import Operator
from tests.admin.conftest import agree, messages_of
from tests.admin.test_operators import LIST, change


def test_names_of_inactive_operators_can_be_removed(desk, ana, bruno):
    chosen = {"_selected_action": [ana.pk, bruno.pk], "action": "forget_names"}
    answer = desk.post(LIST, chosen, follow=True)
    assert messages_of(answer) == ["None of the chosen operators has left."]
    Operator.objects.filter(pk=ana.pk).update(is_active=False, email="ana@example.com")
    desk.post(change(ana), {"name": "Ana"})
    answer = agree(desk, LIST, chosen)
    assert messages_of(answer) == ["1 name was removed."]
    gone, user = Operator.objects.get(pk=ana.pk), User.objects.get(pk=ana.user_id)
    assert (gone.name, gone.email) == (f"Operator {ana.pk}", "")
    assert (user.is_active, user.has_usable_password(), user.email) == (
        False,
        False,
        "",
    )
    assert "ana" not in user.username
    assert Operator.objects.get(pk=bruno.pk).name == "Bruno"
    logged = LogEntry.objects.filter(object_id=str(ana.pk))
    assert {entry.object_repr for entry in logged} == {gone.name}
    assert gone.name in desk.get(f"{LIST}?is_active__exact=0").content.decode()


def test_the_name_of_staff_who_have_left_stays(desk, ana):
    Operator.objects.filter(pk=ana.pk).update(is_active=False)
    User.objects.filter(pk=ana.user_id).update(is_staff=True)
    chosen = {"_selected_action": [ana.pk], "action": "forget_names"}
    answer = desk.post(LIST, chosen, follow=True)
    assert messages_of(answer) == ["None of the chosen operators has left."]
    assert Operator.objects.get(pk=ana.pk).name == "Ana"
