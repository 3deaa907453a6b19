"""The operations on contacts."""

from __future__ import annotations

from typing import Any

from areas.operators import find_area, find_operator
from chats.conversations import assignment
from chats.conversations.audit import act_as, actor_of
from chats.conversations.claim_fast_path import answer_contact
from chats.inbox import transfers
from contacts import photos, queries
from contacts.api.serializers import (
    AnswerContact,
    ChangeArea,
    DeleteContact,
    FindOrAddContact,
    HandOverContact,
    ListContacts,
    ListContactsOfArea,
    ListContactsOfOperator,
    SaveContact,
    SaveFacebookContact,
    StepContact,
)
from contacts.list_scope import find_list_scope
from contacts.lookup import ResolvedTarget, resolve_target
from contacts.models import Channel
from contacts.phone_numbers import as_reported
from contacts.sa import step
from contacts.saving import ContactInput, find_contact, find_or_add
from hci_center.api.parsers import NOBODY
from hci_center.api.request_schema import Fields
from hci_center.api.subject import is_subject_wanted, record_subject
from hci_center.api.viewset import ContractViewSet, operation
from managers.lookup import find_manager

SENT_TO_OPERATOR = "Contact Send to the operator"


class ContactViewSet(ContractViewSet):
    @operation(ListContacts, reads=True)
    def list(self, fields: Fields) -> Any:
        manager = queries.manager_with_contacts(self.caller, fields["manager"])
        return {"contacts": manager["contacts"]}

    @operation(ListContactsOfArea, reads=True)
    def list_of_area(self, fields: Fields) -> Any:
        scope, contacts = find_list_scope(
            self.caller, fields["manager"], queries.OF_AREA, fields["area"]
        )
        scope.area()
        return contacts

    @operation(ListContactsOfOperator, reads=True)
    def list_of_operator(self, fields: Fields) -> Any:
        operator_id = fields["operatorId"]
        is_nobody = operator_id == NOBODY
        condition = (
            queries.UNASSIGNED_OR_OF_AREA if is_nobody else queries.OF_OPERATOR_OR_AREA
        )
        scope, contacts = find_list_scope(
            self.caller, fields["manager"], condition, fields["area"], operator_id
        )
        scope.area()
        act_as(self.caller, operator_id if is_nobody else scope.operator())
        return {"contacts": contacts}

    @operation(AnswerContact)
    def answer(self, fields: Fields) -> Any:
        channel, external_id = fields["contact"]
        answer_contact(
            self.caller, fields["manager"], channel, external_id, fields["operatorId"]
        )
        self._note_subject(fields)
        return SENT_TO_OPERATOR

    @operation(HandOverContact)
    def hand_over(self, fields: Fields) -> Any:
        target = self._address(fields)
        contact = target.contact()
        operator_id = (
            None if fields["operatorId"] == NOBODY else target.scope().operator_id
        )
        transfers.hand_over(self.caller, contact, operator_id, fields)
        return SENT_TO_OPERATOR

    @operation(ChangeArea)
    def change_area(self, fields: Fields) -> Any:
        contact = self._address(fields).contact()
        area = find_area(contact.manager_id, fields["area"])
        if "toOperatorId" in fields:
            to = fields["toOperatorId"]
            operator_id = (
                None
                if to == NOBODY
                else find_operator(contact.manager_id, to).operator_id
            )
            transfers.change_area_and_hand_over(
                self.caller, contact, area.id, operator_id, fields
            )
        else:
            transfers.change_area(self.caller, contact, area.id, fields)
        return "Contact changed Area"

    @operation(SaveContact)
    def save(self, fields: Fields) -> Any:
        return self._save(fields)

    @operation(SaveFacebookContact)
    def save_facebook(self, fields: Fields) -> Any:
        return self._save(fields)

    @operation(FindOrAddContact, closed_to=("operator",))
    def find_or_add(self, fields: Fields) -> Any:
        manager_id = find_manager(self.caller, **fields["manager"])
        channel, external_id = fields["contact"]
        contact = find_or_add(manager_id, channel, external_id, _given(fields))
        record_subject(manager_id, contact.pk)
        return contact.sa

    @operation(StepContact, closed_to=("operator",))
    def increase_sa(self, fields: Fields) -> Any:
        return self._step(fields, 1)

    @operation(StepContact, closed_to=("operator",))
    def decrease_sa(self, fields: Fields) -> Any:
        return self._step(fields, -1)

    @operation(DeleteContact, closed_to=("operator",))
    def delete(self, fields: Fields) -> Any:
        contact = self._address(fields).contact()
        assignment.delete_contact(contact, actor=actor_of(self.caller))
        return "Contact deleted"

    def _address(self, fields: Fields) -> ResolvedTarget:
        channel, external_id = fields["contact"]
        return resolve_target(
            self.caller,
            fields["manager"],
            channel=channel,
            external_id=external_id,
            operator_id=fields.get("operatorId", 0),
        )

    def _step(self, fields: Fields, by: int) -> int:
        channel, external_id = fields["contact"]
        stepped = step(self.caller, fields["manager"], channel, external_id, by)
        self._note_subject(fields)
        return stepped

    def _note_subject(self, fields: Fields) -> None:
        """Records the subject of a call whose single statement does not return it."""
        if is_subject_wanted():
            self._address(fields)

    def _save(self, fields: Fields) -> Any:
        manager_id = find_manager(self.caller, **fields["manager"])
        channel, external_id = fields["contact"]
        is_typed = self.caller.is_person and channel == Channel.WHATSAPP
        # Ids that controllers reported are not changed, also when a person repeats
        # them.
        if is_typed and find_contact(manager_id, channel, external_id) is None:
            number = fields["manager"].get("number")
            external_id = as_reported(external_id, number)
        contact = assignment.save_contact(
            self.caller, manager_id, channel, external_id, _given(fields)
        )
        record_subject(manager_id, contact.pk)
        return queries.contact_shape(contact.pk)


def _given(fields: Fields) -> ContactInput:
    return ContactInput(
        name=fields["name"],
        photo=photos.said(fields.get("photo")),
        area=fields.get("area"),
        protocol=fields.get("protocol"),
        operator_id=fields.get("operatorId"),
    )
