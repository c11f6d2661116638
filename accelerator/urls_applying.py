"""What goes with applying: help with a question, answers that a broker writes down, what names a patient, and ideas between calls."""

from django.urls import path

from accelerator.views import comments, drafting, fits, helping, keeping, phone, quarantine, time_letter, triage

urlpatterns = [
    path("applications/<uuid:pk>/question/<slug:key>/comments/", comments.comments, name="comments"),
    path("applications/<uuid:pk>/question/<slug:key>/help/", helping.ask, name="ask_for_help"),
    path("applications/<uuid:pk>/question/<slug:key>/help/take-back/", helping.take_back, name="take_back_help"),
    path("applications/<uuid:pk>/time-letter/", time_letter.letter, name="time_letter"),
    path("applications/<uuid:pk>/time-letter.pdf", time_letter.as_pdf, name="time_letter_pdf"),
    path("applications/<uuid:pk>/into/<slug:slug>/", keeping.into_wave, name="into_wave"),
    path("waves/<slug:slug>/for-me/", fits.check, name="fit_check"),
    path("waves/<slug:slug>/for-me/answer/", fits.outcome, name="fit_outcome"),
    path("selection/<slug:slug>/for-me/", fits.fit_checks, name="fit_checks"),
    path("selection/<slug:slug>/for-me/<uuid:pk>/", fits.overrule, name="overrule_fit"),
    path("selection/<slug:slug>/drafts/", drafting.drafts, name="drafts"),
    path("apply/keep/", keeping.keep, name="keep_idea"),
    path("apply/tell-me/", keeping.tell_me, name="tell_me"),
    path("helping/<uuid:pk>/", helping.helper, name="help_with_question"),
    path("phone/", phone.desk, name="phone"),
    path("phone/<uuid:pk>/stop/", phone.stop, name="stop_writing"),
    path("phone/<uuid:pk>/confirm/", phone.confirm, name="confirm_writing"),
    path("phone/asked/<str:token>/", phone.may_write, name="may_write"),
    path("applications/<uuid:pk>/question/<slug:key>/names-a-patient/", quarantine.by_team, name="flag_by_team"),
    path("helping/<uuid:pk>/names-a-patient/", quarantine.by_helper, name="flag_by_helper"),
    path("reviews/<uuid:pk>/names-a-patient/<slug:key>/", quarantine.by_reviewer, name="flag_by_reviewer"),
    path(
        "reviews/first-look/<slug:slug>/<uuid:pk>/names-a-patient/<slug:key>/",
        triage.names_a_patient,
        name="flag_by_first_reader",
    ),
    path("selection/application/<uuid:pk>/names-a-patient/<slug:key>/", quarantine.by_manager, name="flag_by_manager"),
    path("staff/patients/", quarantine.flags, name="patient_flags"),
    path("staff/patients/<uuid:pk>/file/", quarantine.flagged_file, name="flagged_file"),
    path("staff/patients/<uuid:pk>/<slug:move>/", quarantine.decide, name="decide_flag"),
]
