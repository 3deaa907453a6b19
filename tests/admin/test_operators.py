"""Operators in the back-office: one form for the person, the account and the areas."""

import pytest
from django.contrib.admin import site
from django.contrib.auth.models import User

from areas.admin.operators import OperatorAdmin
from areas.models import Availability, Operator, PauseReason
from areas.operators import find_operator
from areas.presence import set_presence
from chats.conversations.assignment import claim
from chats.conversations.audit import Actor
from chats.models import ChatEvent
from tests.admin.conftest import agree, agree_to, errors, messages_of
from tests.areas.test_presence import KEY, arrive
from tests.builders import make_chat, make_contact, make_operator
from tests.chats.rules.conftest import connect
from tests.conftest import Api

ADD = "/admin/areas/operator/add/"
LIST = "/admin/areas/operator/"


def change(operator):
    return f"/admin/areas/operator/{operator.pk}/change/"


def typed(manager, *areas, **over):
    return {
        "manager": manager.pk,
        "name": "Rui Costa",
        "email": "rui@example.com",
        "is_active": "on",
        "username": "rui",
        "new_password": "a-good-password",
        "areas": [area.pk for area in areas],
    } | over


def stays(operator, *areas, **over):
    """Returns the form's unchanged data, with the given changes."""
    return {
        "name": operator.name,
        "email": operator.email,
        "is_active": "on",
        "username": operator.user.username,
        "new_password": "",
        "areas": [area.pk for area in areas],
    } | over


def test_one_form_creates_the_operator_his_user_and_his_areas(desk, manager, sales):
    desk.post(ADD, typed(manager, sales))
    rui = Operator.objects.get()
    assert (rui.manager, rui.name, rui.email) == (
        manager,
        "Rui Costa",
        "rui@example.com",
    )
    assert [area.code for area in rui.areas.all()] == ["vendas"]
    assert rui.user.username == "rui"
    assert rui.user.check_password("a-good-password")
    assert not rui.user.is_staff
    assert not rui.user.is_superuser


def test_the_new_operator_can_sign_in(desk, manager, sales):
    desk.post(ADD, typed(manager, sales))
    api = Api()
    api.get("/api/session")
    api.headers["X-CSRFToken"] = api.client.cookies["csrftoken"].value
    answer = api.post(
        "/api/session", {"username": "rui", "password": "a-good-password"}
    )
    assert answer.json()["data"]["operatorId"] == str(Operator.objects.get().pk)


@pytest.mark.parametrize(
    ("over", "field"),
    [
        ({"username": "taken"}, "username"),
        ({"username": "with space"}, "username"),
        ({"username": ""}, "username"),
        ({"new_password": ""}, "new_password"),
        ({"new_password": "short"}, "new_password"),
        ({"new_password": "password123"}, "new_password"),
        ({"name": ""}, "name"),
        ({"email": "no mail"}, "email"),
    ],
)
def test_invalid_values_are_errors_of_their_fields(desk, manager, sales, over, field):
    User.objects.create_user("taken")
    answer = desk.post(ADD, typed(manager, sales, **over))
    assert list(errors(answer)) == [field]
    assert "a-good-password" not in answer.content.decode()
    assert not Operator.objects.exists()
    assert not User.objects.filter(username="rui").exists()


def test_changing_an_operator_changes_his_account_and_areas(desk, sales, support, ana):
    kept = ana.memberships.get()
    desk.post(
        change(ana),
        stays(ana, sales, support, name="Ana Maria", username="ana.maria"),
    )
    ana = Operator.objects.get(pk=ana.pk)
    assert (ana.name, ana.user.username) == ("Ana Maria", "ana.maria")
    assert sorted(area.code for area in ana.areas.all()) == ["suporte", "vendas"]
    assert ana.memberships.filter(pk=kept.pk).exists()
    agree(desk, change(ana), stays(ana, support))
    assert [area.code for area in ana.areas.all()] == ["suporte"]


def test_an_empty_password_keeps_the_old_one(desk, sales, ana):
    desk.post(change(ana), stays(ana, sales))
    assert User.objects.get(pk=ana.user_id).check_password("secret-password")
    desk.post(change(ana), stays(ana, sales, new_password="another-password"))
    assert User.objects.get(pk=ana.user_id).check_password("another-password")


def test_no_form_makes_staff_of_an_operator(desk, manager, sales, ana):
    extra = {"is_staff": "on", "is_superuser": "on", "user": "1"}
    desk.post(ADD, typed(manager, sales, **extra))
    desk.post(change(ana), stays(ana, sales, **extra))
    assert not User.objects.filter(pk=ana.user_id, is_staff=True).exists()
    assert not User.objects.filter(username="rui", is_staff=True).exists()
    assert not User.objects.filter(is_superuser=True).exists()


def test_an_existing_account_is_never_taken_over(desk, manager, sales, administrator):
    before = administrator.password
    answer = desk.post(ADD, typed(manager, sales, username="chefe"))
    assert list(errors(answer)) == ["username"]
    administrator.refresh_from_db()
    assert administrator.password == before


@pytest.mark.parametrize("flag", ["is_staff", "is_superuser"])
def test_the_account_of_staff_cannot_be_changed(desk, sales, ana, flag):
    User.objects.filter(pk=ana.user_id).update(**{flag: True})
    before = User.objects.filter(pk=ana.user_id).values("username", "password").get()
    page = desk.get(change(ana)).content.decode()
    assert 'name="new_password"' not in page
    desk.post(
        change(ana),
        stays(
            ana, sales, name="Ana B", username="mine", new_password="stolen-password"
        ),
    )
    assert Operator.objects.get(pk=ana.pk).name == "Ana B"
    after = User.objects.filter(pk=ana.user_id).values("username", "password").get()
    assert after == before


def test_the_manager_of_an_operator_cannot_be_changed(desk, sales, ana, other_manager):
    desk.post(change(ana), stays(ana, sales, manager=other_manager.pk))
    assert Operator.objects.get(pk=ana.pk).manager == sales.manager


@pytest.fixture
def busy(contact, ana):
    """Assigns the contact to Ana."""
    sight = find_operator(ana.manager_id, ana.pk)
    claim(contact, sight, actor=Actor("test", ana.pk))
    return contact


def last_line():
    line = ChatEvent.objects.latest("pk")
    return line.kind, line.operator_id, line.actor, line.acting_operator_id


def test_selected_operators_are_deactivated_and_reactivated(
    desk, supervisor, ana, bruno, busy
):
    chosen = {"_selected_action": [ana.pk, bruno.pk], "action": "deactivate"}
    asked = desk.post(LIST, chosen)
    assert Operator.objects.active().count() == 2
    (held,) = asked.context["form"].fields
    answer = agree_to(desk, LIST, asked, chosen, **{f"answer-{held}": "queue"})
    assert "1 contact was concerned." in messages_of(answer)[0]
    assert not Operator.objects.active().exists()
    assert last_line() == ("released", None, f"user:{supervisor.pk}", None)

    answer = desk.post(LIST, chosen | {"action": "activate"}, follow=True)
    assert messages_of(answer) == ["2 operators are back."]
    assert Operator.objects.active().count() == 2


def test_an_operator_with_a_history_cannot_be_deleted(desk, ana, busy):
    address = f"/admin/areas/operator/{ana.pk}/delete/"
    page = desk.get(address).content.decode()
    assert "has contacts." in page
    assert "Deactivate him" in page
    assert desk.post(address, {"post": "yes"}).status_code == 200
    assert Operator.objects.filter(pk=ana.pk).exists()


def test_an_operator_without_a_history_is_deleted_with_his_account(desk, ana):
    path = f"/admin/areas/operator/{ana.pk}/delete/"
    assert dict(desk.get(path).context["hidden"]) == {"post": "yes"}
    agree(desk, path, {"post": "yes"})
    assert not Operator.objects.exists()
    assert not User.objects.filter(pk=ana.user_id).exists()


def test_the_account_of_staff_is_kept_when_the_operator_is_deleted(desk, ana):
    User.objects.filter(pk=ana.user_id).update(is_staff=True)
    path = f"/admin/areas/operator/{ana.pk}/delete/"
    assert dict(desk.get(path).context["hidden"]) == {"post": "yes"}
    agree(desk, path, {"post": "yes"})
    assert not Operator.objects.exists()
    assert User.objects.filter(pk=ana.user_id).exists()


def test_they_are_found_by_name_and_user_name_and_filtered_by_area(
    desk, manager, sales, ana, bruno
):
    for query in (
        {"q": "ana"},
        {"q": ana.user.username},
        {"areas__id__exact": sales.pk},
    ):
        assert list(desk.get(LIST, query).context["cl"].result_list) == [ana]


def test_areas_of_two_managers_are_distinguishable(
    supervisor, office, sales, other_manager
):
    make_operator(other_manager)
    page = office.get(ADD).content.decode()
    assert "Vendas" in page


def test_the_page_shows_and_saves_the_cap(desk, ana, sales):
    desk.post(change(ana), stays(ana, sales, cap="7"))
    ana.refresh_from_db()
    assert ana.cap == 7
    desk.post(change(ana), stays(ana, sales, cap=""))
    ana.refresh_from_db()
    assert ana.cap is None
    assert errors(desk.post(change(ana), stays(ana, sales, cap="-1")))
    found = errors(desk.post(change(ana), stays(ana, sales, cap="1001")))
    assert "1000" in str(found["cap"])
    desk.post(change(ana), stays(ana, sales, cap="1000"))
    ana.refresh_from_db()
    assert ana.cap == 1000


def test_the_page_shows_the_current_presence(desk, manager, ana):
    assert "Offline" in desk.get(change(ana)).content.decode()
    PauseReason.objects.create(manager=manager, code="almoco", name="Almoço <b>")
    arrive(ana)
    set_presence(KEY, ana.pk, "paused", "almoco")
    page = desk.get(change(ana)).content.decode()
    assert "Paused" in page
    assert "Almoço &lt;b&gt;" in page


def test_the_list_shows_presence_and_load(desk, manager, sales, ana, bruno):
    PauseReason.objects.create(manager=manager, code="almoco", name="Almoço")
    for operator in (ana, bruno):
        connect(operator)
    Availability.objects.create(operator=bruno, state="paused", reason="almoco")
    make_operator(manager, sales, name="Carla")
    Operator.objects.filter(pk=ana.pk).update(cap=2)
    for held in range(2):
        make_chat(make_contact(manager, operator=ana, external_id=f"55119{held}"))
    make_chat(make_contact(manager, operator=bruno))

    rows = {row.name: row for row in desk.get(LIST).context["cl"].result_list}
    columns = OperatorAdmin(Operator, site)
    shown = {n: (columns.presence(r), columns.load(r)) for n, r in rows.items()}
    assert "bo-tag-good" in shown["Ana"][0]
    assert "bo-tag-warn" in shown["Ana"][1]
    assert "2 of 2" in shown["Ana"][1]
    assert f"contact__operator__id__exact={ana.pk}" in shown["Ana"][1]
    assert "bo-tag-warn" in shown["Bruno"][0]
    assert "Almoço" in shown["Bruno"][0]
    assert ">1<" in shown["Bruno"][1]
    assert "bo-tag-mute" in shown["Carla"][0]
    assert shown["Carla"][1] == "0"
    assert "2 of 2" in desk.get(change(ana)).content.decode()


def test_the_list_reads_all_presences_with_one_query(
    desk, manager, sales, django_assert_max_num_queries
):
    for name in "abcdefgh":
        make_operator(manager, sales, name=name)
    with django_assert_max_num_queries(16):
        desk.get(LIST)
