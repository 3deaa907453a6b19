"""Supervisors and administrators: created and changed by administrators and others."""

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from areas.models import SecondFactor
from managers.models import Supervision
from tests.admin.conftest import agree, errors, sign_in_to_admin
from tests.builders import make_operator, make_supervisor
from tests.conftest import signed_in

LIST = "/admin/auth/user/"
ADD = f"{LIST}add/"


def change(user):
    return f"{LIST}{user.pk}/change/"


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


def test_a_supervisor_is_created_with_his_managers(office, manager, other_manager):
    office.post(ADD, typed(manager))
    sofia = User.objects.get(username="sofia")
    assert (sofia.is_staff, sofia.is_superuser) == (True, False)
    assert sofia.check_password("a-good-password")
    assert [s.manager for s in sofia.supervisions.all()] == [manager]
    listed = sign_in_to_admin(sofia).get("/admin/managers/manager/")
    assert list(listed.context["cl"].result_list) == [manager]


def test_a_password_is_required_and_validated(office, db):
    assert list(errors(office.post(ADD, typed(new_password="")))) == ["new_password"]
    assert list(errors(office.post(ADD, typed(new_password="12345")))) == [
        "new_password"
    ]


@pytest.mark.parametrize(
    "said", [{"first_name": "Philippa"}, {"email": "philippa@example.com"}]
)
def test_a_password_like_the_new_person_is_refused(office, manager, said):
    form = typed(manager, username="nova", new_password="philippa1", **said)
    assert list(errors(office.post(ADD, form))) == ["new_password"]
    form = typed(manager, username="philippa", new_password="philippa1")
    assert list(errors(office.post(ADD, form))) == ["new_password"]
    assert not User.objects.filter(username__in=["nova", "philippa"]).exists()


def test_a_user_name_that_differs_only_in_case_is_taken(office, manager, supervisor):
    form = typed(manager, username=supervisor.username.upper())
    assert list(errors(office.post(ADD, form))) == ["username"]
    twin = make_supervisor(manager)
    User.objects.create_user(twin.username.upper())
    form = kept(Supervision.objects.get(user=twin), username=twin.username)
    assert office.post(change(twin), form).status_code == 302


def test_only_the_form_of_the_user_makes_auditors(office, manager):
    page = office.get(ADD).content.decode()
    assert 'name="reads_only"' in page
    assert "__prefix__-reads_only" not in page
    office.post(ADD, typed(manager, reads_only="on"))
    assert Supervision.objects.get(user__username="sofia").reads_only


def test_changing_without_a_password_keeps_it(office, supervisor):
    supervision = Supervision.objects.get(user=supervisor)
    form = kept(supervision, username="novo") | {"supervisions-0-DELETE": "on"}
    left = {f"answer-manager{supervision.manager_id}": "nobody"}
    agree(office, change(supervisor), form, **left)
    supervisor.refresh_from_db()
    assert supervisor.username == "novo"
    assert supervisor.check_password("secret-password")
    assert not supervisor.supervisions.exists()


@pytest.mark.parametrize("missing", ["is_active", "is_superuser"])
def test_an_administrator_cannot_revoke_his_own_access(office, administrator, missing):
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


def test_people_cannot_be_deleted(office, supervisor):
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


def kept(supervision, **over):
    """Returns the form of a supervisor who keeps his managers."""
    return (
        typed(new_password="")
        | {
            "supervisions-TOTAL_FORMS": "1",
            "supervisions-INITIAL_FORMS": "1",
            "supervisions-0-id": supervision.pk,
            "supervisions-0-user": supervision.user_id,
            "supervisions-0-manager": supervision.manager_id,
        }
        | over
    )


def test_a_supervisor_adds_a_supervisor_of_his_managers(desk, manager):
    desk.post(ADD, typed(manager))
    sofia = User.objects.get(username="sofia")
    assert (sofia.is_staff, sofia.is_superuser) == (True, False)
    assert [s.manager for s in sofia.supervisions.all()] == [manager]
    listed = sign_in_to_admin(sofia).get(LIST).context["cl"].result_list
    assert sofia in listed


def test_a_supervisor_cannot_add_an_administrator(desk, manager):
    assert "is_superuser" not in desk.get(ADD).content.decode()
    desk.post(ADD, typed(manager, is_superuser="on"))
    assert not User.objects.get(username="sofia").is_superuser


def test_a_supervisor_cannot_assign_another_manager(desk, manager, other_manager):
    answer = desk.post(ADD, typed(manager, other_manager))
    assert answer.status_code == 200
    assert not User.objects.filter(username="sofia").exists()


def test_a_supervisor_cannot_add_somebody_without_a_manager(desk, manager):
    answer = desk.post(ADD, typed())
    assert "Choose at least one manager" in answer.content.decode()
    assert not User.objects.filter(username="sofia").exists()


def test_a_supervisor_changes_a_colleague_with_the_same_managers(desk, manager):
    colleague = make_supervisor(manager)
    supervision = Supervision.objects.get(user=colleague)
    desk.post(change(colleague), kept(supervision, username="novo", is_superuser="on"))
    colleague.refresh_from_db()
    assert (colleague.username, colleague.is_superuser) == ("novo", False)


def test_a_deactivated_person_is_signed_out_for_good(office, manager, supervisor):
    colleague = make_supervisor(manager)
    session = signed_in(colleague)
    supervision = Supervision.objects.get(user=colleague)
    form = kept(supervision, username=colleague.username, new_password="")
    office.post(change(colleague), {**form, "is_active": ""})
    assert not User.objects.get(pk=colleague.pk).is_active
    office.post(change(colleague), form)
    assert User.objects.get(pk=colleague.pk).is_active
    assert session.get("/api/session").status_code == 401


def test_a_supervisor_does_not_change_himself(desk, supervisor, other_manager):
    supervision = Supervision.objects.get(user=supervisor)
    form = kept(supervision) | {
        "supervisions-TOTAL_FORMS": "2",
        "supervisions-1-manager": other_manager.pk,
    }
    assert desk.post(change(supervisor), form).status_code == 403
    assert [s.manager_id for s in supervisor.supervisions.all()] == [
        supervision.manager_id
    ]
    page = desk.get(change(supervisor)).content.decode()
    assert 'name="_save"' not in page


@pytest.mark.parametrize("right", ["supervises", "answers"])
def test_a_supervisor_cannot_change_somebody_with_more_rights(
    desk, manager, other_manager, right
):
    colleague = make_supervisor(manager)
    supervision = Supervision.objects.get(user=colleague)
    if right == "supervises":
        Supervision.objects.create(user=colleague, manager=other_manager)
    else:
        make_operator(other_manager, user=colleague)
    form = kept(supervision, new_password="a-new-password")
    assert desk.post(change(colleague), form).status_code == 403
    page = desk.get(change(colleague)).content.decode()
    assert manager.name in page
    assert other_manager.name not in page
    assert other_manager.name not in desk.get(LIST).content.decode()
    colleague.refresh_from_db()
    assert not colleague.check_password("a-new-password")


def test_a_supervisor_disables_two_step_sign_in_only_of_people_he_may_change(
    desk, manager, other_manager
):
    colleague, foreign = make_supervisor(manager), make_supervisor(manager)
    Supervision.objects.create(user=foreign, manager=other_manager)
    for person in (colleague, foreign):
        SecondFactor.objects.create(
            user=person, secret="x", confirmed_at=timezone.now()
        )
    chosen = {
        "action": "end_second_factor",
        "_selected_action": [colleague.pk, foreign.pk],
    }
    agree(desk, LIST, chosen)
    assert [each.user for each in SecondFactor.objects.all()] == [foreign]


def test_administrators_and_other_managers_supervisors_are_not_listed(
    desk, administrator, manager, other_manager
):
    Supervision.objects.create(user=administrator, manager=manager)
    foreign = make_supervisor(other_manager)
    listed = desk.get(LIST).context["cl"].result_list
    for person in (administrator, foreign):
        assert person not in listed
        assert desk.post(change(person), typed(manager)).status_code == 302
        person.refresh_from_db()
        assert person.username != "sofia"
