"""Serializers for requests and responses, written as in DRF's tutorial."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from typical_models import LATEST_FIRST, Contact, Manager, Message


def wire_id(contact: Contact) -> int | str:
    if contact.channel == "whatsapp":
        return int(contact.external_id)
    return contact.external_id


class ContactSerializer(serializers.ModelSerializer):
    id = serializers.SerializerMethodField()
    area = serializers.CharField(source="area.code", default="")
    operatorId = serializers.SerializerMethodField()
    lastMessageAt = serializers.DateTimeField(source="last_message_at")

    class Meta:
        model = Contact
        fields = (
            *("id", "name", "photo", "area", "operatorId", "protocol", "sa"),
            *("channel", "unread", "lastMessageAt"),
        )

    def get_id(self, contact: Contact) -> int | str:
        return wire_id(contact)

    def get_operatorId(self, contact: Contact) -> str:
        return str(contact.operator_id or 0)


class ManagerSerializer(serializers.ModelSerializer):
    controllerPort = serializers.CharField(source="controller_port")
    facebookId = serializers.CharField(source="facebook_id")
    facebookToken = serializers.CharField(source="facebook_token")
    contacts = serializers.SerializerMethodField()

    class Meta:
        model = Manager
        fields = (
            *("name", "email", "number", "controllerPort", "facebookId"),
            *("facebookToken", "contacts"),
        )

    def get_contacts(self, manager: Manager) -> Any:
        found = manager.contacts.filter(deleted_at=None).select_related("area")
        return ContactSerializer(found.order_by(*LATEST_FIRST), many=True).data


class MessageSerializer(serializers.ModelSerializer):
    id = serializers.UUIDField(source="uuid")
    createdAt = serializers.DateTimeField(source="created_at")

    class Meta:
        model = Message
        fields = (
            *("content", "type", "status", "id", "createdAt", "direction", "url"),
            "error",
        )

    def to_representation(self, message: Message) -> dict[str, Any]:
        shown = super().to_representation(message)
        shown["from"] = message.sender or wire_id(message.contact)
        if message.type == "text":
            del shown["url"]
        if not message.error:
            del shown["error"]
        return shown


class ByNumber(serializers.Serializer):
    number = serializers.IntegerField()


class OfOperator(ByNumber):
    operatorId = serializers.IntegerField()
    area = serializers.CharField()


class OfContact(serializers.Serializer):
    operatorId = serializers.IntegerField()
    contactId = serializers.CharField()


class Send(serializers.Serializer):
    contactNumber = serializers.CharField()
    managerNumber = serializers.IntegerField()
    type = serializers.ChoiceField(["text"])
    content = serializers.CharField()


class OnPage(serializers.Serializer):
    facebookId = serializers.CharField()
    contactId = serializers.CharField()


class Claim(serializers.Serializer):
    number = serializers.IntegerField()
    operatorId = serializers.IntegerField()
    contactId = serializers.CharField()
