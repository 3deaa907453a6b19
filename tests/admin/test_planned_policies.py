"""Rules that are saved now and take effect at a later time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.utils import timezone

from areas.models import PlannedPolicy, Policy, Schedule
from areas.rules.planned_policies import begin_planned, plan_policy
from areas.rules.policies import policy_for
from areas.rules.policy_saving import save_policy
from chats.conversations.audit import Actor
from chats.conversations.lifecycle import open_chat
from hci_center.audit.models import AuditLine
from hci_center.background.models import BackgroundFault
from hci_center.errors import InvalidError
from tests.admin.conftest import agree, agree_to, errors
from tests.builders import make_area

LIST = "/admin/areas/plannedpolicy/"
WEEK = {"hours_0": "week", "hours_1": "08:00-12:00"}
SAO_PAULO = ZoneInfo("America/Sao_Paulo")


@pytest.fixture
def tomorrow():
    return timezone.now().replace(second=0, microsecond=0) + timedelta(days=1)


@pytest.fixture
def policy(manager):
    save_policy(manager.pk, None, {"slaQueue": 90, "survey": True})
    return Policy.objects.get(manager=manager, area=None)


def typed(moment):
    return f"{moment.astimezone(SAO_PAULO):%Y-%m-%dT%H:%M}"


def change(policy):
    return f"/admin/areas/policy/{policy.pk}/change/"


def its_time_has_come(plan):
    PlannedPolicy.objects.filter(pk=plan.pk).update(
        begins_at=timezone.now() - timedelta(seconds=1)
    )


def test_planned_rules_do_not_change_the_current_ones(
    desk, manager, policy, supervisor, tomorrow
):
    sent = {**WEEK, "sla_queue": "5", "survey": "yes", "begins_at": typed(tomorrow)}
    answer = desk.post(change(policy), sent)

    assert answer.status_code == 302
    assert answer.url == LIST
    plan = PlannedPolicy.objects.get()
    assert plan.begins_at == tomorrow
    assert plan.given == {"hours": {"mon": ["08:00-12:00"]}, "slaQueue": 300}
    assert policy_for(manager.pk, None).sla_queue == 90
    shown = desk.get(LIST).content.decode()
    assert "08:00-12:00" in shown
    assert supervisor.username in shown

    its_time_has_come(plan)
    begin_planned()

    settings = policy_for(manager.pk, None)
    assert (settings.sla_queue, settings.hours) == (300, {"mon": ["08:00-12:00"]})
    assert settings.survey is True
    assert not PlannedPolicy.objects.exists()
    assert Schedule.objects.latest("pk").made_by == f"user:{supervisor.pk}"
    line = AuditLine.objects.filter(kind="policy", act="change").latest("pk")
    assert line.credential == f"user:{supervisor.pk}"


def test_the_first_rules_may_be_planned_too(desk, manager, sales, tomorrow):
    sent = {
        "manager": manager.pk,
        "area": sales.pk,
        "cap": "3",
        "begins_at": typed(tomorrow),
    }
    assert desk.post("/admin/areas/policy/add/", sent).url == LIST
    assert not Policy.objects.exists()

    its_time_has_come(PlannedPolicy.objects.get())
    begin_planned()
    assert policy_for(manager.pk, sales.pk).cap == 3


def test_the_confirmation_page_asks_for_the_time(
    desk, manager, policy, contact, tomorrow
):
    open_chat(contact, actor=Actor(""))
    sent = {**WEEK, "sla_queue": "1:30", "survey": "yes"}
    asked = desk.post(change(policy), sent)
    assert 'name="answer-begins_at"' in asked.content.decode()

    later = {"answer-begins_at": typed(tomorrow)}
    answer = agree_to(desk, change(policy), asked, sent, **later)

    assert answer.redirect_chain[-1][0] == LIST
    assert PlannedPolicy.objects.get().begins_at == tomorrow
    assert policy_for(manager.pk, None).hours == "always"


@pytest.mark.parametrize("days", [-1, 367])
def test_a_past_or_too_distant_time_is_refused(desk, policy, days):
    moment = timezone.now() + timedelta(days=days)
    answer = desk.post(
        change(policy), {"sla_queue": "5", "survey": "yes", "begins_at": typed(moment)}
    )
    assert "begins_at" in errors(answer)
    assert not PlannedPolicy.objects.exists()


@pytest.mark.parametrize("text", ["\x00", "amanhã", "2026-12-01T25:00", "9" * 9999])
def test_an_invalid_time_is_refused(desk, policy, text):
    sent = {"sla_queue": "5", "survey": "yes", "begins_at": text}
    assert "begins_at" in errors(desk.post(change(policy), sent))
    assert not PlannedPolicy.objects.exists()


def test_an_area_of_another_manager_cannot_be_planned_for(
    desk, manager, foreign, tomorrow
):
    sent = {"manager": manager.pk, "area": foreign.area.pk, "cap": "3"}
    answer = desk.post(
        "/admin/areas/policy/add/", sent | {"begins_at": typed(tomorrow)}
    )
    assert "area" in errors(answer)
    assert not PlannedPolicy.objects.exclude(pk=foreign.planned.pk).exists()


@pytest.mark.django_db(transaction=True)
def test_two_workers_apply_a_plan_once(manager, tomorrow):
    plan = plan_policy(
        manager.pk, None, {"slaQueue": 5}, begins_at=tomorrow, made_by="user:1"
    )
    its_time_has_come(plan)

    def begin(_worker):
        begin_planned()
        connection.close()

    with ThreadPoolExecutor(4) as workers:
        list(workers.map(begin, range(4)))

    assert Schedule.objects.count() == 1
    assert policy_for(manager.pk, None).sla_queue == 5
    assert not PlannedPolicy.objects.exists()
    assert not BackgroundFault.objects.exists()


def test_a_worker_killed_while_applying_leaves_the_plan(manager, tomorrow, monkeypatch):
    plan = plan_policy(
        manager.pk, None, {"slaQueue": 5}, begins_at=tomorrow, made_by="user:1"
    )
    its_time_has_come(plan)
    with monkeypatch.context() as patch:
        patch.setattr(PlannedPolicy, "delete", lambda _plan: 1 / 0)
        begin_planned()
    assert policy_for(manager.pk, None).sla_queue == 0
    begin_planned()
    assert policy_for(manager.pk, None).sla_queue == 5


def test_a_plan_without_a_change_is_refused(desk, policy, tomorrow):
    answer = desk.post(
        change(policy),
        {"sla_queue": "1:30", "survey": "yes", "begins_at": typed(tomorrow)},
    )
    assert "begins_at" in errors(answer)


def test_times_are_in_the_managers_time_zone(desk, manager, policy, tomorrow):
    manager.time_zone = "America/Manaus"
    manager.save()
    sent = {
        "sla_queue": "5",
        "survey": "yes",
        "begins_at": f"{tomorrow:%Y-%m-%d}T08:00",
    }
    desk.post(change(policy), sent)
    local = tomorrow.replace(tzinfo=ZoneInfo("America/Manaus"), hour=8, minute=0)
    assert PlannedPolicy.objects.get().begins_at == local


def test_a_planned_change_is_cancelled_after_a_confirmation(
    desk, manager, policy, supervisor, tomorrow
):
    plan = plan_policy(
        manager.pk, None, {"slaQueue": 5}, begins_at=tomorrow, made_by="user:1"
    )
    page = f"{LIST}{plan.pk}/delete/"
    asked = desk.get(page)
    assert [fact.count for fact in asked.context["impact"].facts] == [1]
    agree(desk, page, {"post": "yes"})

    assert not PlannedPolicy.objects.exists()
    line = AuditLine.objects.filter(kind="planned-policy", act="delete").latest("pk")
    assert line.credential == f"user:{supervisor.pk}"
    assert line.before["given"] == {"slaQueue": 5}


def test_two_plans_for_the_same_time_become_one(manager, tomorrow):
    for given in ({"slaQueue": 5, "cap": 2}, {"cap": 3}):
        plan_policy(manager.pk, None, given, begins_at=tomorrow, made_by="user:1")
    assert PlannedPolicy.objects.get().given == {"slaQueue": 5, "cap": 3}


def test_an_error_names_the_invalid_part_of_a_plan(manager, tomorrow):
    with pytest.raises(InvalidError) as refused:
        plan_policy(
            manager.pk, None, {"cap": 1001}, begins_at=tomorrow, made_by="user:1"
        )
    assert list(refused.value.more["fields"]) == ["policy.cap"]


def test_a_plan_that_became_invalid_shows_why_and_others_are_applied(
    desk, manager, sales, tomorrow
):
    away = make_area(manager, "plantao")
    lost = plan_policy(
        manager.pk,
        sales.pk,
        {"awayArea": "plantao"},
        begins_at=tomorrow,
        made_by="user:1",
    )
    other = plan_policy(
        manager.pk, None, {"cap": 4}, begins_at=tomorrow, made_by="user:1"
    )
    away.delete()
    its_time_has_come(lost)
    its_time_has_come(other)

    begin_planned()
    begin_planned()

    lost.refresh_from_db()
    assert "policy.awayArea" in lost.problem
    assert policy_for(manager.pk, None).cap == 4
    assert policy_for(manager.pk, sales.pk).away_area_id is None
    fault = BackgroundFault.objects.get(task="planned rules")
    assert (fault.subject, fault.count) == (f"planned policy {lost.pk}", 1)
    assert "policy.awayArea" in desk.get(LIST).content.decode()
