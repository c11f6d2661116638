"""Waves, applying, review and decisions."""

from django.urls import path

from accelerator.views import apply, review, waves

urlpatterns = [
    path("waves/", waves.waves, name="waves"),
    path("waves/<slug:slug>/", waves.wave, name="wave"),
    path("waves/<slug:slug>/apply/", apply.start, name="start"),
    path("apply/", waves.apply_now, name="apply"),
    path("applications/", apply.mine, name="applications"),
    path("applications/<uuid:pk>/", apply.application, name="application"),
    path("applications/<uuid:pk>/question/<slug:key>/", apply.question, name="question"),
    path("applications/<uuid:pk>/question/<slug:key>/save/", apply.autosave, name="autosave"),
    path("applications/<uuid:pk>/check/", apply.check, name="check"),
    path("applications/<uuid:pk>/about-you/", apply.equality, name="equality"),
    path("applications/<uuid:pk>/send/", apply.send, name="send"),
    path("applications/<uuid:pk>/sent/", apply.sent, name="sent"),
    path("applications/<uuid:pk>/withdraw/", apply.withdraw, name="withdraw"),
    path("applications/<uuid:pk>/into/<slug:slug>/", apply.into_wave, name="into_wave"),
    path("applications/<uuid:pk>/invite/", apply.invite, name="invite"),
    path("applications/<uuid:pk>/join/", apply.join, name="join"),
    path("applications/<uuid:pk>/file/<uuid:upload>/", apply.download, name="application_file"),
    path("reviews/", review.reviews, name="reviews"),
    path("reviews/<uuid:pk>/", review.score, name="score"),
    path("reviews/<uuid:pk>/take/", review.take, name="take_review"),
    path("reviews/<uuid:pk>/hand-back/", review.hand_back, name="hand_back_review"),
    path("reviews/<uuid:pk>/recuse/", review.recuse, name="recuse_review"),
    path("reviews/<uuid:pk>/file/<uuid:upload>/", review.blind_file, name="review_file"),
    path("selection/", review.selection, name="selection"),
    path("selection/<slug:slug>/", review.moderation, name="moderation"),
    path("selection/<slug:slug>/letters/", review.letters, name="letters"),
    path("selection/<slug:slug>/more-time/", review.more_time, name="more_time"),
    path("selection/application/<uuid:pk>/", review.candidate, name="candidate"),
    path("selection/application/<uuid:pk>/assign/", review.assign, name="assign_review"),
    path("selection/application/<uuid:pk>/decide/", review.decide, name="decide"),
    path("selection/application/<uuid:pk>/undo/", review.undo, name="undo_decision"),
    path("selection/application/<uuid:pk>/letter/", review.letter, name="letter"),
    path("selection/application/<uuid:pk>/file/<uuid:upload>/", review.managed_file, name="managed_file"),
    path("selection/application/<uuid:pk>/file/<uuid:upload>/clear/", review.clear_upload, name="clear_upload"),
]
