"""Contacts get a name and a picture after their message, without delaying it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone

from chats.accounts.registry import GatewayRegistry, webhook_path
from chats.files.storage import sweep_orphans
from chats.inbound import processing, profile_download, queue
from chats.models import Message, Portrait, ProfileFetch
from contacts import photos
from contacts.models import Contact
from hci_center.demo.gateways import faults
from tests.chats.conftest import PHONE, PNG, PSID, post
from tests.chats.files import sample_files
from tests.chats.files.sample_pictures import CAMERA, bomb, drawn, encoded, exif, opened

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def process(rounds):
    """Posts a webhook body, processes it and returns the contact."""

    def post_and_process(fake, path, events):
        assert post(fake, path, events).status_code == 200
        rounds.make()
        rounds.worker._dues.pop("profiles", None)
        rounds.make()
        return Contact.objects.get()

    return post_and_process


def picture_of(contact):
    link = photos.shown(contact.photo).resolve(None)
    answer = Client().get(link)
    content = b"".join(answer) if answer.status_code == 200 else answer.content
    return answer, content


def ask_again(rounds, **fields):
    ProfileFetch.objects.update(next_at=timezone.now(), **fields)
    rounds.worker._dues.pop("profiles", None)
    rounds.make()


def test_a_page_s_customer_gets_his_name_and_a_copy_of_his_picture(
    manager, page, process
):
    page.media[PSID] = (PNG, "image/png")
    contact = process(page, "/webhooks/facebook", page.inbound(PSID, "Olá"))
    assert contact.name == "Maria Souza"
    assert contact.photo == f"/api/chat/photo/{Portrait.objects.get().uuid}"
    answer, content = picture_of(contact)
    assert opened(content).size == opened(PNG).size
    assert answer["Content-Type"] == "image/png"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer["Content-Security-Policy"]


def test_its_address_is_absolute_where_ours_is_known(manager, page, process, settings):
    settings.PUBLIC_URL = "https://centre.example"
    page.media[PSID] = (PNG, "image/png")
    contact = process(page, "/webhooks/facebook", page.inbound(PSID, "Olá"))
    assert contact.photo.startswith("https://centre.example/api/chat/photo/")


def test_an_app_without_permission_for_pictures_gets_the_name(manager, page, process):
    page.shows_pictures = False
    contact = process(page, "/webhooks/facebook", page.inbound(PSID, "Olá"))
    assert (contact.name, contact.photo) == ("Maria Souza", "")
    assert ProfileFetch.objects.get().next_at is None


def test_profiles_are_not_fetched_during_a_request(manager, page):
    assert (
        post(page, "/webhooks/facebook", page.inbound(PSID, "Olá")).status_code == 200
    )
    assert page.requests == []


@pytest.mark.parametrize("trouble", ["unknown", "renewed"])
def test_a_failing_lookup_loses_no_message(manager, page, process, trouble):
    if trouble == "unknown":
        del page.people[PSID]
    else:
        page.token = "renewed"
    contact = process(page, "/webhooks/facebook", page.inbound(PSID, "Olá"))
    assert (contact.name, contact.photo) == (PSID, "")
    assert Message.objects.get().content == "Olá"
    assert ProfileFetch.objects.get().next_at is None


def test_a_profile_is_not_fetched_with_each_message(manager, page, process, rounds):
    for n in range(3):
        process(page, "/webhooks/facebook", page.inbound(PSID, str(n)))
    lookups = [r for r in page.requests if "fields=first_name" in r.target]
    assert len(lookups) == 1
    yesterday = timezone.now() - timedelta(days=1, minutes=1)
    ProfileFetch.objects.update(asked_at=yesterday)
    page.media[PSID] = (PNG, "image/png")
    assert process(page, "/webhooks/facebook", page.inbound(PSID, "Oi")).photo


def test_a_picture_set_by_a_call_is_kept(manager, page, process):
    page.media[PSID] = (PNG, "image/png")
    process(page, "/webhooks/facebook", page.inbound(PSID, "Olá"))
    Portrait.objects.all().delete()
    Contact.objects.update(photo="url.com", name=PSID)
    ProfileFetch.objects.all().delete()
    contact = process(page, "/webhooks/facebook", page.inbound(PSID, "Oi"))
    assert (contact.photo, contact.name) == ("url.com", "Maria Souza")
    assert not Portrait.objects.exists()


def test_a_file_that_is_not_a_picture_is_not_stored(manager, page, process, settings):
    page.media[PSID] = (sample_files.SVG, "image/svg+xml")
    contact = process(page, "/webhooks/facebook", page.inbound(PSID, "Olá"))
    assert (contact.name, contact.photo) == ("Maria Souza", "")
    assert [p for p in Path(settings.MEDIA_ROOT).rglob("*") if p.is_file()] == []


def test_a_picture_is_not_fetched_from_another_host(manager, page, process, controller):
    page.media[PSID] = (PNG, "image/png")
    plain = page._profile

    def profile(request, person):
        reply = plain(request, person)
        reply.body["profile_pic"] = f"{controller.url}/picture"
        return reply

    page._profile = profile
    contact = process(page, "/webhooks/facebook", page.inbound(PSID, "Olá"))
    assert (contact.name, contact.photo) == ("Maria Souza", "")
    assert controller.requests == []


def test_a_temporary_error_is_retried(manager, page, process, rounds):
    page.media[PSID] = (PNG, "image/png")
    page.is_send = lambda request: "fields=first_name" in request.target
    page.faults.append(faults.reply(500, b"<html>oops</html>"))
    contact = process(page, "/webhooks/facebook", page.inbound(PSID, "Olá"))
    assert (contact.photo, ProfileFetch.objects.get().attempts) == ("", 1)
    ask_again(rounds)
    contact.refresh_from_db()
    assert contact.photo


def test_evolution_is_asked_for_the_picture(manager, evolution, process):
    evolution.pictures[PHONE] = PNG
    events = evolution.inbound(f"{PHONE}@s.whatsapp.net", "Oi")
    contact = process(evolution, webhook_path("evolution", manager.pk), events)
    assert opened(picture_of(contact)[1]).size == opened(PNG).size


def test_a_picture_that_comes_with_a_message_is_copied(manager, wppconnect, page):
    page.media["there"] = (PNG, "image/jpeg")
    events = wppconnect.inbound(f"{PHONE}@c.us", "Oi")
    link = "https://pps.whatsapp.net/there"
    events["sender"]["profilePicThumbObj"] = {"eurl": link}
    post(wppconnect, webhook_path("wppconnect", manager.pk), events)
    [[event]] = queue.claim(1)
    processing.process(event)
    [lookup] = profile_download.claim(1)
    assert lookup.link == link
    # The fake of the page replaces WhatsApp's own host, which is not available here.
    profile_download.fetch(
        GatewayRegistry(), replace(lookup, link=f"{page.url}/media/there")
    )
    assert opened(picture_of(Contact.objects.get())[1]).size == opened(PNG).size


def test_the_copy_is_small_and_without_metadata(manager, page, process):
    photo = encoded("JPEG", drawn(1300, 1000), exif=exif(6))
    page.media[PSID] = (photo, "image/jpeg")
    contact = process(page, "/webhooks/facebook", page.inbound(PSID, "Olá"))
    answer, content = picture_of(contact)
    assert answer["Content-Type"] == "image/jpeg"
    assert CAMERA.encode() not in content
    assert opened(content).size == (492, 640)


@pytest.mark.parametrize("make", [bomb, lambda: encoded("JPEG")[:300]])
def test_a_picture_that_cannot_be_shown_is_not_stored(
    manager, page, process, settings, make
):
    page.media[PSID] = (make(), "image/png")
    contact = process(page, "/webhooks/facebook", page.inbound(PSID, "Olá"))
    assert (contact.name, contact.photo) == ("Maria Souza", "")
    assert [p for p in Path(settings.MEDIA_ROOT).rglob("*") if p.is_file()] == []


def test_a_picture_is_deleted_with_its_contact(manager, page, process):
    page.media[PSID] = (PNG, "image/png")
    contact = process(page, "/webhooks/facebook", page.inbound(PSID, "Olá"))
    assert sweep_orphans() == 0
    Contact.objects.update(deleted_at=timezone.now())
    assert picture_of(contact)[0].status_code == 404
