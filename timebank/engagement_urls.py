"""The addresses of engagements, under /timebank/engagements/."""

from django.urls import path

from timebank.views import engagements

urlpatterns = [
    path("", engagements.Mine.as_view(), name="engagements"),
    path("propose/<uuid:listing_id>/", engagements.propose, name="propose_engagement"),
    path("<uuid:engagement_id>/", engagements.engagement, name="engagement"),
    path("<uuid:engagement_id>/accept/", engagements.accept, name="accept_engagement"),
    path("<uuid:engagement_id>/decline/", engagements.Decline.as_view(), name="decline_engagement"),
    path("<uuid:engagement_id>/withdraw/", engagements.withdraw, name="withdraw_engagement"),
    path("<uuid:engagement_id>/hours/", engagements.Hours.as_view(), name="engagement_hours"),
    path("<uuid:engagement_id>/hours/answer/", engagements.answer_hours, name="answer_engagement_hours"),
    path("<uuid:engagement_id>/end/", engagements.End.as_view(), name="end_engagement"),
    path("<uuid:engagement_id>/log/", engagements.log, name="log_session"),
    path("<uuid:engagement_id>/confirm/", engagements.confirm, name="confirm_sessions"),
    path("sessions/<uuid:session_id>/query/", engagements.Query.as_view(), name="query_session"),
    path("sessions/<uuid:session_id>/change/", engagements.Change.as_view(), name="change_session"),
    path("sessions/<uuid:session_id>/withdraw/", engagements.withdraw_session, name="withdraw_session"),
]
