"""Supervisors and administrators, kept by administrators."""

import pytest
from django.contrib.auth.models import User

from managers.models import Supervision
from tests.admin.conftest import at_the_desk, errors

ADD = "/admin/auth/user/add/"


def typed(*managers, **over):
    inline = {
        "supervisions-TOTAL_FORMS": str(len(managers)),
        "supervisions-INITIAL_FORMS": "0",
    }
    for place, manager in enumerate(managers):
        inline[f"supervisions-{place}-manager"] = manager.pk
    return {
        "username": "sofia",
        "new_password": "a-good-password",
        "first_name": "Sofia",
        "is_active": "on",
        **inline,
    } | over


def test_a_supervisor_is_made_with_his_managers(office, manager, other_manager):
    office.post(ADD, typed(manager))
    sofia = User.objects.get(username="sofia")
    assert (sofia.is_staff, sofia.is_superuser) == (True, False)
    assert sofia.check_password("a-good-password")
    assert [s.manager for s in sofia.supervisions.all()] == [manager]
    listed = at_the_desk(sofia).get("/admin/managers/manager/")
    assert list(listed.context["cl"].result_list) == [manager]


def test_a_password_is_required_and_validated(office, db):
    assert list(errors(office.post(ADD, typed(new_password="")))) == ["new_password"]
    assert list(errors(office.post(ADD, typed(new_password="12345")))) == [
        "new_password"
    ]


def test_changing_without_a_password_keeps_it(office, supervisor):
    supervision = Supervision.objects.get(user=supervisor)
    office.post(
        f"/admin/auth/user/{supervisor.pk}/change/",
        typed(username="novo", new_password="")
        | {
            "supervisions-TOTAL_FORMS": "1",
            "supervisions-INITIAL_FORMS": "1",
            "supervisions-0-id": supervision.pk,
            "supervisions-0-user": supervisor.pk,
            "supervisions-0-manager": supervision.manager_id,
            "supervisions-0-DELETE": "on",
        },
    )
    supervisor.refresh_from_db()
    assert supervisor.username == "novo"
    assert supervisor.check_password("secret-password")
    assert not supervisor.supervisions.exists()


@pytest.mark.parametrize("missing", ["is_active", "is_superuser"])
def test_an_administrator_does_not_lock_himself_out(office, administrator, missing):
    form = typed(username="chefe", new_password="", is_superuser="on")
    del form[missing]
    answer = office.post(f"/admin/auth/user/{administrator.pk}/change/", form)
    assert list(errors(answer)) == [missing]


def test_operators_are_not_among_the_staff(office, supervisor, ana):
    listed = office.get("/admin/auth/user/").context["cl"].result_list
    assert supervisor in listed
    assert ana.user not in listed
    answer = office.get(f"/admin/auth/user/{ana.user_id}/change/")
    assert answer.status_code == 302


def test_nobody_is_deleted(office, supervisor):
    assert office.post(f"/admin/auth/user/{supervisor.pk}/delete/").status_code == 403


def test_no_page_shows_a_password_or_its_hash(office, supervisor):
    page = office.get(f"/admin/auth/user/{supervisor.pk}/change/").content.decode()
    assert supervisor.password not in page
    assert "md5$" not in page


def test_a_supervisor_changes_his_own_password(desk, supervisor):
    answer = desk.post(
        "/admin/password_change/",
        {
            "old_password": "secret-password",
            "new_password1": "another-password",
            "new_password2": "another-password",
        },
    )
    assert answer.status_code == 302
    supervisor.refresh_from_db()
    assert supervisor.check_password("another-password")
