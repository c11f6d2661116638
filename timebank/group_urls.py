"""The addresses of group sessions."""

from django.urls import path

from timebank.views import group_sessions as groups

urlpatterns = [
    path("group-sessions/", groups.GroupSessions.as_view(), name="group_sessions"),
    path("group-sessions/mine/", groups.Mine.as_view(), name="group_sessions_mine"),
    path("group-sessions/new/", groups.prepare, name="group_session_new"),
    path("h/<str:code>/", groups.here, name="group_here"),  # short: it is a QR code
    path("group-sessions/<uuid:session_id>/", groups.group_session, name="group_session"),
    path("group-sessions/<uuid:session_id>/book/", groups.book, name="group_session_book"),
    path("group-sessions/<uuid:session_id>/give-up/", groups.GiveUp.as_view(), name="group_session_give_up"),
    path("group-sessions/<uuid:session_id>/ask/", groups.ask, name="group_session_ask"),
    path(
        "group-sessions/<uuid:session_id>/take-off/<uuid:provider_id>/", groups.take_off, name="group_session_take_off"
    ),
    path("group-sessions/<uuid:session_id>/answer/", groups.answer, name="group_session_answer"),
    path("group-sessions/<uuid:session_id>/sponsor/", groups.sponsor, name="group_session_sponsor"),
    path("group-sessions/<uuid:session_id>/publish/", groups.publish, name="group_session_publish"),
    path("group-sessions/<uuid:session_id>/change/", groups.Change.as_view(), name="group_session_change"),
    path("group-sessions/<uuid:session_id>/cancel/", groups.CallOff.as_view(), name="group_session_cancel"),
    path("group-sessions/<uuid:session_id>/code/", groups.code, name="group_session_code"),
    path("group-sessions/<uuid:session_id>/register/", groups.register, name="group_session_register"),
    path("group-sessions/<uuid:session_id>/untick/<uuid:booking_id>/", groups.untick, name="group_session_untick"),
    path("group-sessions/<uuid:session_id>/object/", groups.Objection.as_view(), name="group_session_object"),
    path("group-sessions/<uuid:session_id>/calendar/", groups.calendar_file, name="group_session_calendar"),
    path("desk/group-sessions/", groups.Objections.as_view(), name="group_session_objections"),
    path("desk/group-sessions/<uuid:session_id>/reverse/", groups.Reverse.as_view(), name="group_session_reverse"),
    path("desk/group-sessions/<uuid:booking_id>/", groups.decide, name="group_session_decide"),
]
