"""The same tables as ordinary Django models, without the server's rules."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import F

LATEST_FIRST = (F("last_message_at").desc(nulls_last=True), "-id")


class Manager(models.Model):
    name = models.CharField(max_length=200)
    email = models.CharField(max_length=254)
    number = models.BigIntegerField(unique=True)
    controller_port = models.IntegerField(null=True)
    facebook_id = models.CharField(max_length=64, null=True)
    facebook_token = models.TextField()

    class Meta:
        app_label = "typical"
        managed = False
        db_table = "managers_manager"


class Area(models.Model):
    code = models.CharField(max_length=64)

    class Meta:
        app_label = "typical"
        managed = False
        db_table = "areas_area"


class Contact(models.Model):
    manager = models.ForeignKey(Manager, models.CASCADE, related_name="contacts")
    channel = models.CharField(max_length=8)
    external_id = models.CharField(max_length=64)
    name = models.CharField(max_length=200)
    photo = models.CharField(max_length=2048)
    area = models.ForeignKey(Area, models.SET_NULL, null=True)
    operator_id = models.BigIntegerField(null=True)
    protocol = models.CharField(max_length=64)
    sa = models.BigIntegerField()
    unread = models.IntegerField()
    last_message_at = models.DateTimeField(null=True)
    deleted_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "typical"
        managed = False
        db_table = "contacts_contact"


class Chat(models.Model):
    contact = models.ForeignKey(Contact, models.CASCADE)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "typical"
        managed = False
        db_table = "chats_chat"


class Message(models.Model):
    uuid = models.UUIDField(default=uuid.uuid4)
    manager = models.ForeignKey(Manager, models.CASCADE)
    contact = models.ForeignKey(Contact, models.CASCADE)
    chat = models.ForeignKey(Chat, models.CASCADE, related_name="messages")
    direction = models.CharField(max_length=3, default="in")
    type = models.CharField(max_length=32)
    content = models.TextField()
    url = models.CharField(max_length=2048, default="")
    sender = models.CharField(max_length=64, default="")
    status = models.CharField(max_length=9, default="wait")
    error = models.CharField(max_length=500, default="")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        app_label = "typical"
        managed = False
        db_table = "chats_message"
