"""The error pages: styled, in both languages, with a link back."""

from __future__ import annotations

import pytest
from django.test import Client

TITLES = {
    404: {"en": "This page does not exist", "pt-BR": "Esta página não existe"},
    "forbidden": {
        "en": "You may not open this page",
        "pt-BR": "Você não pode abrir esta página",
    },
    403: {
        "en": "This form is too old",
        "pt-BR": "Este formulário expirou",
    },
    500: {
        "en": "Something went wrong here",
        "pt-BR": "Algo deu errado por aqui",
    },
}


def check(answer, status, language):
    page = answer.content.decode()
    assert answer.status_code == (403 if status == "forbidden" else status)
    assert TITLES[status][language] in page
    assert 'href="/admin/"' in page
    assert "error-page.css" in page
    assert "style=" not in page


@pytest.mark.parametrize("language", ["en", "pt-BR"])
def test_an_unknown_page_is_a_404(db, language):
    answer = Client().get("/nowhere", headers={"Accept-Language": language})
    check(answer, 404, language)


@pytest.mark.parametrize("language", ["en", "pt-BR"])
def test_a_form_without_its_csrf_token_is_a_403(db, language):
    client = Client(enforce_csrf_checks=True)
    answer = client.post(
        "/admin/login/",
        {"username": "ana", "password": "x"},
        headers={"Accept-Language": language},
    )
    check(answer, 403, language)


@pytest.mark.parametrize("language", ["en", "pt-BR"])
def test_an_unexpected_error_is_a_500(office, monkeypatch, language):
    def fail(*_args):
        raise ZeroDivisionError

    monkeypatch.setattr("chats.admin.overview.troubles_of", fail)
    office.raise_request_exception = False
    answer = office.get("/admin/", headers={"Accept-Language": language})
    check(answer, 500, language)


def test_the_icon_is_served(db):
    answer = Client().get("/favicon.ico")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/static/mark.svg")


@pytest.mark.parametrize("language", ["en", "pt-BR"])
def test_a_page_without_permission_is_a_403(desk, language):
    answer = desk.get(
        "/admin/backups/backup/add/", headers={"Accept-Language": language}
    )
    check(answer, "forbidden", language)
