"""manage.py create_api_key and revoke_api_key."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from managers import authentication
from managers.models import ApiKey
from tests.builders import make_manager
from tests.conftest import Api


def create(*arguments):
    out = StringIO()
    call_command("create_api_key", *arguments, stdout=out)
    return out.getvalue()


def names_seen_by(key):
    data = Api(key.strip()).get("/api/user/").json()["data"]
    return [shape["name"] for shape in data]


def test_it_prints_only_the_key(manager, other_manager):
    printed = create("bot")
    assert printed.count("\n") == 1
    assert names_seen_by(printed) == ["Padaria Estrela", "Oficina Lua"]
    row = ApiKey.objects.get()
    assert (row.name, row.all_managers, row.secrets) == ("bot", True, True)
    assert row.expires_at is None


def test_a_key_may_have_a_limit(manager):
    api = Api(create("bot", "--per-minute", "1").strip())
    assert [api.get("/api/user/").status_code for _ in range(2)] == [200, 429]


@pytest.mark.parametrize(
    "named", ["5511400011111", "+55 11 4000-11111", "369258147", "05511400011111"]
)
def test_a_key_is_restricted_to_the_given_managers(manager, other_manager, named):
    assert names_seen_by(create("bot", "--manager", named)) == ["Padaria Estrela"]


def test_managers_may_be_given_in_one_or_several_options(manager, other_manager):
    make_manager()
    both = ["Padaria Estrela", "Oficina Lua"]
    assert names_seen_by(create("a", "--manager", "369258147", "5521400022222")) == both
    one_by_one = ("--manager", "369258147", "--manager", "5521400022222")
    assert names_seen_by(create("b", *one_by_one)) == both


def test_a_key_without_secrets_reads_no_tokens(manager):
    key = create("bot", "--no-secrets").strip()
    [shape] = Api(key).get("/api/user/").json()["data"]
    assert shape["facebookToken"] == ""


def test_a_key_may_expire(db):
    create("bot", "--expires", "30")
    left = ApiKey.objects.get().expires_at - timezone.now()
    assert timedelta(days=29) < left <= timedelta(days=30)


def test_the_name_of_a_live_key_is_refused(db):
    create("bot")
    with pytest.raises(CommandError, match="A live key is already called bot"):
        create("bot")
    assert ApiKey.objects.count() == 1


def test_the_name_of_an_ended_key_is_free_again(db):
    create("bot")
    call_command("revoke_api_key", "bot", stdout=StringIO())
    create("bot", "--expires", "1")
    ApiKey.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    create("bot")
    assert ApiKey.objects.live().count() == 1


@pytest.mark.parametrize("named", ["1", "nobody", ""])
def test_an_unknown_manager_is_refused_and_no_key_created(manager, named):
    with pytest.raises(CommandError, match="There is no manager"):
        create("bot", "--manager", "369258147", named)
    assert not ApiKey.objects.exists()


def test_one_managers_number_that_is_anothers_page_is_refused(db):
    make_manager(number=77)
    make_manager(facebook_id="77")
    with pytest.raises(CommandError, match="one manager's number and another's page"):
        create("bot", "--manager", "77")


@pytest.mark.parametrize(
    "arguments",
    [
        ["bot", "--expires", "0"],
        ["bot", "--expires", "-1"],
        ["bot", "--expires", "x"],
        ["bot", "--expires", "999999999999"],
        [" "],
        ["x" * 201],
        [],
    ],
)
def test_invalid_arguments_are_refused(db, arguments):
    with pytest.raises(CommandError):
        create(*arguments)
    assert not ApiKey.objects.exists()


def test_a_revoked_key_is_ended(manager):
    key = create("bot").strip()
    out = StringIO()
    call_command("revoke_api_key", "bot", stdout=out)
    assert out.getvalue() == "The key bot is revoked.\n"
    authentication.forget_cached_keys()
    assert Api(key).get("/api/user/").status_code == 401


def test_revoking_an_unknown_key_is_an_error(db):
    with pytest.raises(CommandError, match="There is no live key called bot"):
        call_command("revoke_api_key", "bot")
