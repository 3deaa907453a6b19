"""Every row of the error tables, with a response of the fake."""

from __future__ import annotations

import pytest

from chats.gateways.base import Failed, Rejected
from hci_center.demo.gateways import faults


def graph_error(code, subcode=0, **more):
    error = {"message": "said", "type": "OAuthException", "code": code, **more}
    if subcode:
        error["error_subcode"] = subcode
    return {"error": error}


def kind_of(outcome):
    final = "final" if isinstance(outcome, Rejected) else "later"
    return (final, outcome.scope, outcome.code)


ACCOUNT = ("final", "account", "not_authorized")
RESTRICTED = ("final", "account", "restricted")
THROTTLED = ("later", "account", "throttled")
LATER = ("later", "contact", "temporary")
BAD = ("final", "message", "bad_message")
WINDOW = ("final", "message", "window_closed")
AWAY = ("final", "contact", "recipient_unavailable")
NOBODY = ("final", "contact", "bad_recipient")


@pytest.mark.parametrize(
    ("code", "subcode", "expected"),
    [
        (190, 0, ACCOUNT),
        (190, 463, ACCOUNT),
        (10, 2018278, WINDOW),
        (10, 2018065, WINDOW),
        (10, 2018108, AWAY),
        (10, 2018300, AWAY),
        (10, 1893063, ("later", "account", "restricted")),
        (10, 0, ACCOUNT),
        (3, 0, ACCOUNT),
        (200, 2018028, ACCOUNT),
        (210, 0, ACCOUNT),
        (299, 0, ACCOUNT),
        (230, 0, ACCOUNT),
        (100, 2018001, NOBODY),
        (100, 2018109, ("final", "message", "too_large")),
        (100, 2018034, BAD),
        (100, 0, BAD),
        (200, 1545041, AWAY),
        (551, 1545041, AWAY),
        (551, 1893047, AWAY),
        (4, 0, THROTTLED),
        (17, 0, THROTTLED),
        (32, 0, THROTTLED),
        (613, 0, THROTTLED),
        (80006, 0, THROTTLED),
        (368, 0, RESTRICTED),
        (1, 0, LATER),
        (2, 0, LATER),
        (1200, 0, LATER),
        (2, 2018344, BAD),
        (10303, 0, BAD),
        (2022, 0, BAD),
        (987654, 0, BAD),
    ],
)
@pytest.mark.parametrize("status", [400, 200])
def test_messenger_decides_by_code_before_status(only, code, subcode, expected, status):
    rig = only("messenger")
    rig.fake.faults.append(faults.reply(status, graph_error(code, subcode)))
    assert kind_of(rig.send()) == expected


def test_messenger_retries_only_errors_marked_as_transient(only):
    rig = only("messenger")
    for passing, expected in ((True, LATER), (False, AWAY)):
        error = graph_error(551, 1545041, is_transient=passing)
        rig.fake.faults.append(faults.reply(400, error))
        assert kind_of(rig.send()) == expected


def test_the_wait_in_the_headers_of_a_limit_is_used(only):
    rig = only("messenger")
    usage = '{"369":[{"type":"messenger","estimated_time_to_regain_access":3}]}'
    rig.fake.faults.append(
        faults.reply(400, graph_error(613), X_Business_Use_Case_Usage=usage)
    )
    assert rig.send().retry_after == 180


def test_a_message_s_own_token_does_not_pause_the_page(only):
    rig = only("messenger")
    outcome = rig.gateway.send(rig.account, rig.out(token="somebody-s"))
    assert kind_of(outcome) == ("final", "message", "not_authorized")


@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        ((0, 3, 10, 33, 190, 200, 299, 131005, 131037, 131045, 133010), ACCOUNT),
        ((368, 131031, 131042), RESTRICTED),
        ((4, 80007, 130429, 133016), THROTTLED),
        ((131048, 131064), THROTTLED),
        ((131056,), ("later", "contact", "throttled")),
        ((131047,), WINDOW),
        ((131026, 131030, 131050, 130497, 131062), NOBODY),
        ((131049, 130472), ("final", "message", "not_delivered")),
        (
            (100, 131008, 131009, 131021, 131051, 132000, 132001, 132999, 137000),
            BAD,
        ),
        ((131053, 1, 2, 131000, 131016, 131057, 133004), LATER),
    ],
)
def test_the_cloud_decides_by_code(only, codes, expected):
    rig = only("whatsapp_cloud")
    for code in codes:
        rig.fake.faults.append(faults.reply(400, graph_error(code)))
        assert (code, kind_of(rig.send())) == (code, expected)


def test_a_pair_limit_waits_six_seconds_and_a_spam_limit_hours(only):
    rig = only("whatsapp_cloud")
    for code, seconds in ((131056, 6), (131048, 3600)):
        rig.fake.faults.append(faults.reply(400, graph_error(code)))
        assert rig.send().retry_after == seconds


def test_a_failed_upload_has_sent_nothing(only):
    from tests.chats.gateways.rigs import PNG, file_of

    rig = only("whatsapp_cloud")
    rig.fake.is_send = lambda request: request.path.endswith("/media")
    for fault in (faults.cut_after(), faults.hang(2), faults.reply(502, b"<html>")):
        rig.fake.faults.append(fault)
        picture = file_of(PNG, "foto.png", "image/png")
        outcome = rig.send(kind="image", text="", file=picture)
        assert isinstance(outcome, Failed)
        assert not outcome.maybe_sent


def evolution_error(message, status=400):
    return {"status": status, "error": "Bad Request", "response": {"message": message}}


@pytest.mark.parametrize(
    ("status", "message", "expected"),
    [
        (400, [{"exists": False, "jid": "x", "number": "5"}], NOBODY),
        (400, {"exists": False, "jid": "x", "number": "5"}, NOBODY),
        (400, ["Error: Connection Closed"], ("later", "account", "not_connected")),
        (500, ["Error: Connection Closed"], ("later", "account", "not_connected")),
        (400, ["Error: Timed Out"], ("later", "account", "not_connected")),
        (400, ['instance requires property "text"'], BAD),
        (400, [['instance requires property "text"', "number must be a text"]], BAD),
        (400, ["Owned media must be a url or base64"], BAD),
        (401, "Unauthorized", ACCOUNT),
        (404, ['The "x" instance does not exist'], ("final", "account", "bad_setup")),
        (500, ["Error: something"], LATER),
    ],
)
def test_evolution_s_errors_are_recognized_by_text(only, status, message, expected):
    rig = only("evolution")
    rig.fake.faults.append(faults.reply(status, evolution_error(message, status)))
    outcome = rig.send()
    assert kind_of(outcome) == expected
    assert not getattr(outcome, "maybe_sent", False)


def test_an_unknown_error_of_evolution_is_an_unknown_result(only):
    rig = only("evolution")
    said = ["Error: \nInvalid `prisma.message.create()` invocation"]
    rig.fake.faults.append(faults.reply_after(400, evolution_error(said)))
    assert rig.send().maybe_sent


def test_eighteen_digits_never_become_a_group(only):
    rig = only("evolution")
    assert kind_of(rig.send(to="5" * 18)) == NOBODY
    assert rig.fake.requests == []


def test_wppconnect_s_denial_counts_only_when_its_check_confirms_it(only):
    rig = only("wppconnect")
    rig.fake.flaky.add("5511987654321")
    outcome = rig.send()
    assert len(rig.fake.delivered) == 1
    assert isinstance(outcome, Failed)
    assert outcome.maybe_sent


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (401, {"message": "Sending the file is mandatory"}, BAD),
        (401, {"error": "Check that the Session and Token are correct"}, ACCOUNT),
        (
            404,
            {"status": "Disconnected", "response": None},
            ("later", "account", "not_connected"),
        ),
        (
            500,
            {"status": "Error", "message": "x", "error": {"message": "file_too_large"}},
            ("final", "message", "too_large"),
        ),
    ],
)
def test_wppconnect_s_errors_by_status_and_text(only, status, body, expected):
    rig = only("wppconnect")
    rig.fake.faults.append(faults.reply(status, body))
    assert kind_of(rig.send()) == expected


def test_an_error_of_wppconnect_s_browser_is_an_unknown_result(only):
    rig = only("wppconnect")
    error = {"message": "Runtime.callFunctionOn timed out"}
    body = {"status": "Error", "message": "Erro", "error": error}
    rig.fake.faults.append(faults.reply_after(500, body))
    assert rig.send().maybe_sent


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (400, BAD),
        (401, ACCOUNT),
        (403, ACCOUNT),
        (404, NOBODY),
        (413, ("final", "message", "too_large")),
        (415, BAD),
        (429, ("later", "contact", "throttled")),
        (503, ("later", "account", "not_connected")),
    ],
)
def test_the_controller_s_errors_are_recognized_by_status(only, status, expected):
    rig = only("controller")
    error = {"success": False, "error": {"code": "c", "message": "m"}}
    rig.fake.faults.append(faults.reply(status, error))
    assert kind_of(rig.send()) == expected
    # The answer of a proxy in front of it, which does not know the protocol.
    rig.fake.faults.append(faults.reply(status, b"<html>"))
    foreign = expected if status != 404 else ("later", "account", "wrong_program")
    assert kind_of(rig.send()) == foreign


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("invalid", BAD),
        ("not_on_whatsapp", NOBODY),
        ("throttled", ("later", "contact", "throttled")),
        ("not_connected", ("later", "account", "not_connected")),
        ("of its own", LATER),
    ],
)
def test_a_controller_that_refuses_with_200_has_not_sent(only, code, expected):
    rig = only("controller")
    error = {"success": False, "error": {"code": code, "message": "m"}}
    rig.fake.faults.append(faults.reply(200, error))
    assert kind_of(rig.send()) == expected


@pytest.mark.parametrize(
    ("asked", "waits"),
    [
        (7, 7),
        ("7", 7),
        (2.5, 2.5),
        (float("inf"), 86400),
        (10**400, None),
        (float("nan"), None),
        (-3, None),
        (True, None),
        ([7], None),
    ],
)
def test_the_controller_s_retry_after_is_read_in_every_format(only, asked, waits):
    rig = only("controller")
    error = {"code": "not_connected", "message": "m", "retryAfter": asked}
    rig.fake.faults.append(faults.reply(503, {"success": False, "error": error}))
    assert rig.send().retry_after == waits


def test_a_message_unknown_to_the_controller_may_be_sent_again(only):
    rig = only("controller")
    out = rig.out()
    assert isinstance(rig.gateway.lookup(rig.account, out), Failed)
    rig.fake.idempotent = False
    assert rig.gateway.lookup(rig.account, out) is None


def test_a_page_of_another_program_says_nothing_about_the_number(only):
    rig = only("controller")
    rig.fake.faults.append(faults.reply(404, b"<h1>It works!</h1>"))
    assert kind_of(rig.send()) == ("later", "account", "wrong_program")
