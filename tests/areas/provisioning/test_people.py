"""Passwords and user names in a provisioning file."""

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError

from managers.models import Manager
from tests.areas.conftest import BAKERY, MINIMAL, everything, provision

__all__ = ["provision"]  # a fixture
WIDE_ANA = "\uff41\uff4e\uff41"  # "ana" in full-width letters
COMPOSED, DECOMPOSED = "jos\u00e9", "jose\u0301"


def refusal(provision, *managers):
    with pytest.raises(CommandError) as refused:
        provision(*managers)
    assert refused.value.returncode == 1
    sentences = str(refused.value).splitlines()
    assert sentences.pop() == "Nothing was changed."
    return sentences


@pytest.mark.parametrize("part", ["supervisors", "operators"])
@pytest.mark.parametrize(
    ("password", "sentence"),
    [
        ("1", "This password is too short."),
        ("password1234", "This password is too common"),
    ],
)
def test_a_password_that_the_validators_refuse_is_refused(
    provision, part, password, sentence
):
    person = {"username": "davi", "password": password}
    [problem] = refusal(provision, BAKERY, MINIMAL | {part: [person]})
    assert problem.startswith(f"managers[1].{part}[0].password: {sentence}")
    assert not any(everything())


def test_all_bad_passwords_are_reported_at_once(provision):
    people = [{"username": name, "password": "1"} for name in ("davi", "eva")]
    problems = refusal(provision, MINIMAL | {"operators": people})
    assert [problem.split(":")[0] for problem in problems] == [
        "managers[0].operators[0].password",
        "managers[0].operators[1].password",
    ]


def test_an_unchanged_password_is_not_validated_again(provision):
    """It was set before the current validators were configured."""
    davi = MINIMAL | {"supervisors": [{"username": "davi", "password": "good-enough"}]}
    provision(davi)
    user = User.objects.get(username="davi")
    user.set_password("1")
    user.save()
    weak = MINIMAL | {"supervisors": [{"username": "davi", "password": "1"}]}
    before = everything()
    provision(weak)
    assert everything() == before


def test_an_existing_persons_new_password_is_validated(provision):
    provision(BAKERY)
    before = everything()
    ana = {"username": "ana", "password": "1"}
    [problem] = refusal(provision, BAKERY | {"operators": [ana]})
    assert problem.startswith("managers[0].operators[0].password: ")
    assert everything() == before


def test_another_form_of_a_user_s_name_is_refused_before_the_insert(provision):
    provision(BAKERY)
    before = everything()
    [problem] = refusal(provision, MINIMAL | {"operators": [{"username": WIDE_ANA}]})
    assert problem == (
        "managers[0].operators[0].username: Write this user name as ana, as whoever "
        "bears it signs in."
    )
    assert everything() == before


def test_two_forms_of_a_name_in_one_file_are_refused(provision):
    people = [{"username": "ana"}, {"username": WIDE_ANA}]
    [problem] = refusal(provision, MINIMAL | {"operators": people})
    assert problem.startswith("managers[0].operators[1].username: Write this user name")
    assert not any(everything())


def test_composed_and_decomposed_letters_are_the_same_name(provision):
    person = MINIMAL | {"operators": [{"username": DECOMPOSED}]}
    first = provision(person)
    before = everything()
    assert User.objects.get().username == COMPOSED
    assert provision(person) == first
    assert provision(MINIMAL | {"operators": [{"username": COMPOSED}]}) == first
    assert everything() == before
    twice = [{"username": COMPOSED}, {"username": DECOMPOSED}]
    [problem] = refusal(provision, MINIMAL | {"operators": twice})
    assert problem == f"managers[0].operators: {COMPOSED} is there twice."


def test_a_stored_name_in_another_form_is_found(provision):
    User.objects.create(username=WIDE_ANA)
    [problem] = refusal(provision, MINIMAL | {"supervisors": [{"username": "ana"}]})
    assert problem == (
        "managers[0].supervisors[0].username: The user name of another user differs "
        "from this one in the form of its letters alone."
    )
    assert not Manager.objects.exists()
