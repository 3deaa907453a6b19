"""Two-step sign-in of staff, by the API and in the back-office."""

import base64
import re
import time

import pytest
from django.core.management import call_command
from django.test import Client
from django_otp.oath import TOTP

from areas.models import RecoveryCode, SecondFactor, SignInFailure
from areas.sign_in import second_factor
from hci_center.audit.models import AuditLine
from tests.builders import make_supervisor
from tests.conftest import Api

PASSWORD = "a-good-password"
PAGE = "/admin/two-step/"
OTP = {"code": "otp_required"}


@pytest.fixture
def rita(manager):
    user = make_supervisor(manager)
    user.set_password(PASSWORD)
    user.save()
    return user


NOW = int(time.time())


@pytest.fixture(autouse=True)
def frozen_time_step(monkeypatch):
    """Freezes the time step, so that a code stays valid until it is used."""
    monkeypatch.setattr(second_factor, "_NOW", f"SELECT {NOW}")


def code_of(secret, later=0, now=NOW):
    totp = TOTP(base64.b32decode(secret))
    totp.time = now + 30 * later
    return f"{totp.token():06}"


@pytest.fixture
def codes(rita):
    """Returns the recovery codes of Rita, who signs in with a code from now on."""
    secret = second_factor.unconfirmed_secret(rita)
    return second_factor.confirm(rita, code_of(secret, -1))


def secret_of(user):
    return SecondFactor.objects.get(pk=user.pk).secret


def sign_in(user, **more):
    api = Api()
    body = {"username": user.username, "password": PASSWORD} | more
    api.get("/api/session")
    token = api.client.cookies["csrftoken"].value
    return api.post("/api/session", body, headers={"X-CSRFToken": token})


def refusal(answer):
    return answer.status_code, answer.json()["error"]["code"]


@pytest.mark.usefixtures("codes")
def test_the_api_asks_for_the_code_after_the_right_password(rita):
    assert refusal(sign_in(rita)) == (401, "otp_required")
    assert refusal(sign_in(rita, otp="")) == (401, "otp_required")
    assert refusal(sign_in(rita, otp="123")) == (401, "otp_required")
    assert refusal(sign_in(rita, password="wrong")) == (401, "not_authenticated")
    answer = sign_in(rita, otp=code_of(secret_of(rita)))
    assert answer.json()["data"]["role"] == "supervisor"


@pytest.mark.usefixtures("codes")
def test_a_code_is_valid_once_and_older_ones_are_refused(rita):
    secret = secret_of(rita)
    now, later = code_of(secret), code_of(secret, 1)
    assert sign_in(rita, otp=f"{later[:3]} {later[3:]}").status_code == 200
    assert refusal(sign_in(rita, otp=later)) == (401, "otp_required")
    assert refusal(sign_in(rita, otp=now)) == (401, "otp_required")


def test_a_recovery_code_is_valid_once(rita, codes):
    assert sign_in(rita, otp=codes[0].lower()).status_code == 200
    assert refusal(sign_in(rita, otp=codes[0])) == (401, "otp_required")
    assert sign_in(rita, otp=codes[1]).status_code == 200
    assert second_factor.codes_left(rita) == 8


@pytest.mark.usefixtures("codes")
def test_wrong_codes_are_throttled_as_wrong_passwords_are(rita):
    statuses = [sign_in(rita, otp="000000").status_code for _ in range(7)]
    assert statuses == [401] * 5 + [429] * 2
    answer = sign_in(rita, otp=code_of(secret_of(rita)))
    assert refusal(answer) == (429, "throttled")
    assert int(answer["Retry-After"]) >= 1


@pytest.mark.usefixtures("codes")
def test_a_password_without_code_is_not_counted_as_a_failure(rita):
    for _ in range(8):
        sign_in(rita)
    assert not SignInFailure.objects.filter(failures__gt=0).exists()


@pytest.mark.usefixtures("codes")
def test_the_audit_has_the_enrollment_and_each_wrong_code(rita):
    sign_in(rita, otp="000000")
    acts = AuditLine.objects.filter(target=str(rita.pk)).values_list("act", flat=True)
    assert {"second-factor", "sign-in-refused"} <= set(acts)


def test_the_database_contains_no_plain_secret_or_recovery_code(rita, codes):
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT secret FROM areas_secondfactor")
        [(stored,)] = cursor.fetchall()
    assert secret_of(rita) not in stored
    plain = {code.replace("-", "") for code in codes}
    assert not plain & set(RecoveryCode.objects.values_list("digest", flat=True))
    call_command("reencrypt", verbosity=0)
    assert sign_in(rita, otp=code_of(secret_of(rita))).status_code == 200


def test_without_a_factor_nothing_is_asked(rita):
    assert sign_in(rita).status_code == 200
    assert sign_in(rita, otp="123456").status_code == 200
    assert b"otp" not in Client().get("/admin/login/").content


# The back-office -------------------------------------------------------------


def sign_in_to_admin(user):
    client = Client()
    client.force_login(user)
    return client


def test_the_page_shows_a_qr_code_and_takes_the_first_code(rita):
    client = sign_in_to_admin(rita)
    page = client.get(PAGE).content.decode()
    assert "<svg" in page
    shown = re.search(r"bo-key\">([A-Z2-7 ]{39})<", page)[1].replace(" ", "")
    assert shown == secret_of(rita)
    assert client.post(PAGE, {"code": "000000"}).status_code == 400
    assert not second_factor.is_enrolled(rita)
    page = client.post(PAGE, {"code": code_of(shown)})
    codes = re.findall(r"[A-Z2-7]{5}-[A-Z2-7]{5}", page.content.decode())
    assert len(codes) == 10
    assert sign_in(rita, otp=codes[3]).status_code == 200
    assert shown not in client.get(PAGE).content.decode()


@pytest.mark.usefixtures("codes")
def test_the_sign_in_page_asks_for_the_code(rita):
    client = Client()
    assert b'name="otp"' in client.get("/admin/login/").content
    fields = {"username": rita.username, "password": PASSWORD}
    refused = client.post("/admin/login/", fields)
    assert refused.status_code == 200
    assert "Enter the code that" in refused.content.decode()
    fields["otp"] = code_of(secret_of(rita))
    assert client.post("/admin/login/", fields).status_code == 302


def test_ending_it_and_new_recovery_codes_need_a_code(rita, codes):
    client = sign_in_to_admin(rita)
    body = {"code": "000000", "act": "remove"}
    assert client.post(PAGE, body).status_code == 400
    assert second_factor.is_enrolled(rita)
    page = client.post(PAGE, {"code": codes[0], "act": "renew"}).content.decode()
    assert codes[1] not in page
    assert second_factor.codes_left(rita) == 10
    body["code"] = code_of(secret_of(rita))
    assert client.post(PAGE, body).status_code == 302
    assert not second_factor.is_enrolled(rita)


def test_attempts_on_the_page_are_throttled(rita, codes):
    client = sign_in_to_admin(rita)
    for _ in range(6):
        client.post(PAGE, {"code": "000000", "act": "remove"})
    client.post(PAGE, {"code": codes[0], "act": "remove"})
    assert second_factor.is_enrolled(rita)


@pytest.mark.usefixtures("codes")
def test_an_administrator_can_disable_it_for_another_person(rita, admin_user):
    body = {"action": "end_second_factor", "_selected_action": [rita.pk]}
    client = sign_in_to_admin(admin_user)
    page = client.post("/admin/auth/user/", body)
    assert second_factor.is_enrolled(rita)
    impact = re.search(r'name="impact" value="([^"]+)"', page.content.decode())[1]
    client.post("/admin/auth/user/", body | {"impact": impact})
    assert not second_factor.is_enrolled(rita)
    assert sign_in(rita).status_code == 200


def test_an_operator_has_no_such_page(ana):
    assert sign_in_to_admin(ana.user).get(PAGE).status_code == 302


@pytest.mark.parametrize(
    ("required", "supervisor", "administrator"),
    [("off", 200, 200), ("administrators", 200, 401), ("staff", 401, 401)],
)
def test_the_setting_requires_it_of_roles(
    rita, admin_user, settings, required, supervisor, administrator
):
    settings.REQUIRE_2FA = required
    admin_user.set_password(PASSWORD)
    admin_user.save()
    assert sign_in(rita).status_code == supervisor
    assert sign_in(admin_user).status_code == administrator
    expected = {200: 200, 401: 302}
    for user, status in ((rita, supervisor), (admin_user, administrator)):
        client = sign_in_to_admin(user)
        for path in ("/admin/", "/admin/areas/area/"):
            assert client.get(path).status_code == expected[status], path
        assert client.get("/api/user/").status_code == status
        assert client.get(PAGE).status_code == 200


def test_a_person_who_has_set_it_up_has_access(rita, codes, settings):
    settings.REQUIRE_2FA = "staff"
    answer = sign_in(rita, otp=codes[0])
    assert answer.status_code == 200
    assert sign_in_to_admin(rita).get("/admin/").status_code == 200


def test_operators_never_need_it(ana, settings):
    settings.REQUIRE_2FA = "staff"
    assert sign_in_to_admin(ana.user).get("/api/user/").status_code == 200
