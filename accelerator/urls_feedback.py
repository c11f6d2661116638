"""What applicants are promised about feedback."""

from django.urls import path

from accelerator.views import beginnings, feedback, versions

urlpatterns = [
    path("waves/<slug:slug>/feedback/", feedback.promise, name="feedback"),
    path("staff/feedback/new/", beginnings.begin, {"kind": "feedback"}, name="new_feedback_policy"),
    path("staff/feedback/<uuid:pk>/discard/", beginnings.discard, {"kind": "feedback"}, name="discard_feedback_policy"),
    path("staff/feedback/<uuid:pk>/", feedback.policy, name="feedback_policy"),
    path("staff/feedback/<uuid:pk>/edit/", feedback.edit_policy, name="edit_feedback_policy"),
    path("staff/feedback/<uuid:pk>/draft/", versions.draft, {"kind": "feedback"}, name="draft_feedback_policy"),
    path("staff/feedback/<uuid:pk>/publish/", versions.publish, {"kind": "feedback"}, name="publish_feedback_policy"),
    path("staff/waves/<slug:slug>/promise/<uuid:pk>/", versions.use, {"kind": "feedback"}, name="use_feedback_policy"),
]
