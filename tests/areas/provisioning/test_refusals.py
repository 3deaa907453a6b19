"""manage.py provision FILE.json: invalid files are refused and change nothing."""

import pytest
from django.core.management import CommandError, call_command

from managers.models import Manager
from tests.areas.conftest import BAKERY, MINIMAL, everything
from tests.builders import make_manager


@pytest.mark.parametrize(
    ("over", "problem"),
    [
        ({"name": ""}, "managers[1].name: This field is required."),
        ({"facebookId": None}, "managers[1]: One of number, facebookId is required."),
        ({"number": "abc"}, "managers[1].number: This is not a phone number."),
        ({"controllerPort": 0}, "managers[1].controllerPort: A port is a number from"),
        (
            {"gateway": "pigeon"},
            "managers[1].gateway: This must be one of controller, ",
        ),
        ({"gatewaySettings": []}, "managers[1].gatewaySettings: This must be an obj"),
        ({"colour": 1}, "managers[1].colour: There is no such field."),
        ({"areas": {}}, "managers[1].areas: This must be a list."),
        ({"areas": [7]}, "managers[1].areas[0]: This must be an object."),
        ({"areas": [{"name": "A"}]}, "managers[1].areas[0].code: This field is req"),
        ({"areas": [{"code": "x" * 65}]}, "areas[0].code: This is longer than 64"),
        ({"areas": [{"code": "a"}] * 2}, "managers[1].areas: a is there twice."),
        ({"operators": [{}]}, "managers[1].operators[0].username: This field is req"),
        ({"operators": [{"username": "a b"}]}, "operators[0].username: Enter a valid"),
        ({"operators": [{"username": "a", "areas": "x"}]}, "areas: This must be a li"),
        ({"supervisors": [{"username": "a", "passwort": ""}]}, "[0].passwort: There"),
    ],
)
def test_errors_name_the_place_and_nothing_is_changed(provision, over, problem):
    with pytest.raises(CommandError) as refused:
        provision(BAKERY, MINIMAL | over)
    assert problem in str(refused.value)
    assert str(refused.value).endswith("\nNothing was changed.")
    assert not any(everything())


@pytest.mark.parametrize(
    ("over", "problem"),
    [
        ({"controllerPort": 9090}, "managers[1]: The number, page or port already"),
        ({"number": 5511400011111}, "managers[1]: This is the same manager as man"),
        ({"operators": [{"username": "ana"}]}, "This user is an operator of another"),
        ({"operators": [{"username": "celia"}]}, "This user is a supervisor."),
        ({"supervisors": [{"username": "ana"}]}, "[0]: This user is an operator."),
        (
            {"operators": [{"username": "caio", "areas": ["vendas"]}]},
            "managers[1].operators[0].areas: The manager has no area vendas.",
        ),
        (
            {"areas": [{"code": "a", "name": "N"}, {"code": "b", "name": "N"}]},
            "managers[1].areas[1]: Another area of the manager bears this name.",
        ),
    ],
)
def test_conflicts_are_refused_and_nothing_is_changed(provision, over, problem):
    make_manager(controller_port=9090)
    with pytest.raises(CommandError) as refused:
        provision(BAKERY, MINIMAL | over)
    assert problem in str(refused.value)
    assert Manager.objects.count() == 1
    assert not any(everything()[1:])


def test_all_problems_are_reported_at_once(provision):
    with pytest.raises(CommandError) as refused:
        provision({"name": "", "number": "x"}, {"name": 1.5, "facebookId": "a/b"})
    assert len(str(refused.value).splitlines()) == 5


@pytest.mark.parametrize("content", ["", "[]", "{", "NaN", '{"managers": 1}', "{}"])
def test_a_file_that_is_not_json_is_refused(db, tmp_path, content):
    file = tmp_path / "centre.json"
    file.write_text(content)
    with pytest.raises(CommandError):
        call_command("provision", str(file))


def test_a_missing_file_is_refused(db, tmp_path):
    with pytest.raises(CommandError, match="No such file"):
        call_command("provision", str(tmp_path / "none.json"))
