"""The calls about chats, in the order of the document, and our additions."""

from django.urls import path

from chats.api.viewsets.assignment import AssignmentViewSet
from chats.api.viewsets.chats import ChatViewSet
from chats.api.viewsets.closing import ClosingViewSet
from chats.api.viewsets.files import serve_file, serve_portrait
from chats.api.viewsets.gateways import GatewayViewSet
from chats.api.viewsets.inbox import InboxViewSet
from chats.api.viewsets.menus import MenuViewSet
from chats.api.viewsets.messages import MessageViewSet
from chats.api.viewsets.notes import NoteViewSet
from chats.api.viewsets.operators import OperatorViewSet
from chats.api.viewsets.replies import ReplyViewSet
from chats.api.viewsets.scheduling import SchedulingViewSet
from chats.api.viewsets.sending import SendingViewSet
from chats.api.viewsets.transcript import TranscriptViewSet, show_page
from hci_center.api.paths import PORT

urlpatterns = [
    path("chat/new", ChatViewSet.as_view({"post": "open"})),
    path("chat/facebook/new", ChatViewSet.as_view({"post": "open_facebook"})),
    path("chat/message", MessageViewSet.as_view({"post": "list"})),
    path("chat/operator", ChatViewSet.as_view({"put": "change_operator"})),
    path("chat/", ChatViewSet.as_view({"delete": "delete"})),
    path("chat/message/send", MessageViewSet.as_view({"post": "record"})),
    path(
        f"chat/message/send/operator/{PORT}",
        SendingViewSet.as_view({"post": "send_text_by_controller"}),
    ),
    path(
        "chat/message/send/operator/facebook",
        SendingViewSet.as_view({"post": "send_text_by_page"}),
    ),
    path(
        f"chat/message/send/operator/file/{PORT}",
        SendingViewSet.as_view({"post": "send_file_by_controller"}),
    ),
    path(
        "chat/message/send/operator/file/facebook",
        SendingViewSet.as_view({"post": "send_file_by_page"}),
    ),
    path(
        f"chat/message/send/operator/template/{PORT}",
        GatewayViewSet.as_view({"post": "send_template"}),
    ),
    path("chat/message/status", MessageViewSet.as_view({"put": "report_status"})),
    path("chat/message/again", GatewayViewSet.as_view({"put": "send_again"})),
    path("chat/message/read", MessageViewSet.as_view({"post": "mark_read"})),
    path("chat/close", ClosingViewSet.as_view({"put": "close"})),
    path("chat/reopen", ClosingViewSet.as_view({"put": "reopen"})),
    path("chat/survey/get", ClosingViewSet.as_view({"post": "list_surveys"})),
    path("chat/list", InboxViewSet.as_view({"post": "list_chats"})),
    path("chat/why", InboxViewSet.as_view({"post": "explain_assignment"})),
    path("chat/get", InboxViewSet.as_view({"post": "get_chat"})),
    path("chat/note", NoteViewSet.as_view({"post": "write_note"})),
    path("chat/note/get", NoteViewSet.as_view({"post": "list_notes"})),
    path(
        "chat/schedule",
        SchedulingViewSet.as_view({"post": "schedule", "delete": "cancel"}),
    ),
    path("chat/schedule/get", SchedulingViewSet.as_view({"post": "list_scheduled"})),
    path("chat/tag", NoteViewSet.as_view({"put": "change_tags"})),
    path("reply/get", ReplyViewSet.as_view({"post": "list_replies"})),
    path("reply/save", ReplyViewSet.as_view({"post": "save_reply"})),
    path("reply/", ReplyViewSet.as_view({"delete": "delete_reply"})),
    path("chat/history", InboxViewSet.as_view({"post": "history"})),
    path("chat/transcript", TranscriptViewSet.as_view({"post": "transcript"})),
    path("chat/transcript/<int:chat>", show_page),
    path("chat/files", InboxViewSet.as_view({"post": "files"})),
    path("area/assignment/try", AssignmentViewSet.as_view({"post": "try_assignment"})),
    path("user/menu/try", MenuViewSet.as_view({"post": "try_menu"})),
    path("user/options", ReplyViewSet.as_view({"post": "find_options"})),
    path("user/templates", GatewayViewSet.as_view({"post": "find_templates"})),
    path("user/session", GatewayViewSet.as_view({"post": "find_session"})),
    path("operator/get", OperatorViewSet.as_view({"post": "find_operators"})),
    path("chat/file/<uuid:uuid>", serve_file),
    path("chat/photo/<uuid:uuid>", serve_portrait),
]
