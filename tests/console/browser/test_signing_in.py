"""Signing in with a code, setting it up in the back-office, and ending login sessions."""

from __future__ import annotations

import re
import time

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from playwright.sync_api import expect

from areas.models import SecondFactor
from tests import builders
from tests.areas.sign_in.test_second_factor import code_of
from tests.console.browser.company import PASSWORD
from tests.console.browser.conftest import await_live


@pytest.fixture
def sofia(company):
    user = builders.make_supervisor(company.manager)
    user.username = "sofia"
    user.password = PBKDF2PasswordHasher().encode(PASSWORD, "salt", 1)
    user.save()
    return user


def test_a_supervisor_starts_with_the_queue(company, sofia, new_context):
    maria = company.customer("Maria Souza")
    said = {"direction": "out", "auto": "away", "sender": "0"}
    builders.make_message(maria.chats.get(), content="Volte amanhã", **said)
    page = new_context().new_page()
    page.goto("/")
    page.get_by_label("Usuário").fill("sofia")
    page.get_by_label("Senha").fill(PASSWORD)
    page.get_by_role("button", name="Entrar").click()
    await_live(page)
    expect(page).to_have_url(re.compile("/inbox/queue$"))
    expect(page.get_by_role("option", name="Maria Souza")).to_be_visible()
    expect(page.get_by_role("tab")).to_have_text([re.compile("Fila"), "Encerradas"])
    # It is unassigned, and a supervisor does not take it.
    page.get_by_role("option", name="Maria Souza").click()
    expect(page.locator(".dock")).to_contain_text("Só operadores respondem.")
    # Automatic messages are not shown as his.
    log = page.get_by_role("log")
    expect(log).to_contain_text("Atendimento automático: Volte amanhã")
    expect(log).not_to_contain_text("Você")
    page.locator("#chat-more").click()
    expect(page.get_by_role("menuitem", name="Copiar link")).to_be_visible()
    for name in ("Encerrar", "Transferir", "Nota interna", "Devolver"):
        expect(page.get_by_text(name)).to_have_count(0)
    page.keyboard.press("Escape")
    # Only operators have own chats.
    for key in ("1", "3"):
        page.keyboard.press(key)
        expect(page).to_have_url(re.compile("/inbox/queue$"))
    page.goto("/inbox/mine")
    expect(page.get_by_role("option", name="Maria Souza")).to_be_visible()


def is_as_wide_as_the_page(page):
    wide = "document.documentElement.scrollWidth > innerWidth"
    return not page.evaluate(wide)


def test_a_login_session_of_another_browser_is_ended_in_the_console(company, sign_in):
    page, other = sign_in(company.ana), sign_in(company.ana)
    page.locator("#me").click()
    page.get_by_role("menuitem", name="Onde estou conectado").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("listitem")).to_have_count(2)
    expect(dialog).to_contain_text("esta sessão")
    end = dialog.get_by_role("button", name="Encerrar a sessão em Chrome, Linux")
    end.click()
    expect(dialog.get_by_role("listitem")).to_have_count(1)
    expect(end).to_have_count(0)
    # The other console asks to sign in again, over its page.
    expect(other.get_by_role("dialog")).to_contain_text("Sua sessão terminou")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)


def test_two_step_sign_in_is_set_up_and_asked_for(company, sofia, new_context):
    page = new_context().new_page()
    page.goto("/admin/login/?next=/admin/two-step/")
    page.get_by_label("Usuário").fill("sofia")
    page.get_by_label("Senha").fill(PASSWORD)
    page.get_by_role("button", name="Entrar").click()
    page.goto("/admin/two-step/")
    expect(page.locator(".bo-qr svg")).to_be_visible()
    for width in (1440, 375):
        page.set_viewport_size({"width": width, "height": 800})
        assert is_as_wide_as_the_page(page)
    secret = page.locator(".bo-key").inner_text().replace(" ", "")
    assert secret == SecondFactor.objects.get(pk=sofia.pk).secret
    code = page.get_by_label("Código do aplicativo autenticador")
    code.fill("000000")
    page.get_by_role("button", name="Configurar").click()
    expect(page.get_by_text("Este código está errado")).to_be_visible()
    code.fill(code_of(secret, now=time.time()))
    page.keyboard.press("Enter")
    codes = page.locator(".bo-key")
    expect(codes).to_have_text(re.compile(r"([A-Z2-7]{5}-[A-Z2-7]{5}\s*){10}"))
    recovery = codes.inner_text().split()
    page.goto("/admin/two-step/")

    console = new_context().new_page()
    console.goto("/")
    console.get_by_label("Usuário").fill("sofia")
    console.get_by_label("Senha").fill(PASSWORD)
    console.get_by_role("button", name="Entrar").click()
    otp = console.get_by_label("Código do aplicativo autenticador")
    expect(otp).to_be_focused()
    otp.fill(recovery[0].lower())
    console.keyboard.press("Enter")
    await_live(console)

    desk = new_context().new_page()
    desk.goto("/admin/login/")
    desk.get_by_label("Usuário").fill("sofia")
    desk.get_by_label("Senha").fill(PASSWORD)
    desk.get_by_label("Código").fill(recovery[1])
    desk.get_by_role("button", name="Entrar").click()
    desk.wait_for_url("**/admin/")
