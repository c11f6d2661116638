"""Innovations, roadmaps, evidence, check-ins and the cohort dashboard."""

from django.urls import path

from accelerator.views import dashboard, quarantine
from accelerator.views import innovations as views

urlpatterns = [
    path("innovations/", views.mine, name="my_innovations"),
    path("innovations/<uuid:innovation_id>/", views.innovation, name="innovation"),
    path("innovations/<uuid:innovation_id>/roadmap/", views.roadmap_page, name="roadmap"),
    path("innovations/<uuid:innovation_id>/roadmap/add/", views.add_milestone, name="add_milestone"),
    path("innovations/<uuid:innovation_id>/check-in/", views.check_in, name="check_in"),
    path("innovations/<uuid:innovation_id>/check-in/kept/", views.checked_in, name="checked_in"),
    path("innovations/<uuid:innovation_id>/colour/", views.override_colour, name="override_colour"),
    path("innovations/<uuid:innovation_id>/life/", views.change_life, name="change_life"),
    path("innovations/<uuid:innovation_id>/about/", views.describe, name="describe"),
    path("innovations/<uuid:innovation_id>/staff-hours/", views.staff_hours, name="staff_hours"),
    path("milestones/<uuid:milestone_id>/", views.milestone, name="milestone"),
    path("milestones/<uuid:milestone_id>/start/", views.start_milestone, name="start_milestone"),
    path("milestones/<uuid:milestone_id>/evidence/", views.send_evidence, name="send_evidence"),
    path("milestones/<uuid:milestone_id>/ask/", views.ask, name="ask"),
    path("milestones/<uuid:milestone_id>/move/", views.move_milestone, name="move_milestone"),
    path("milestones/<uuid:milestone_id>/drop/", views.drop_milestone, name="drop_milestone"),
    path("milestones/<uuid:milestone_id>/restore/", views.restore_milestone, name="restore_milestone"),
    path("evidence/<uuid:submission_id>/", views.read_evidence, name="read_evidence"),
    path("evidence/files/<uuid:file_id>/", views.evidence_file, name="evidence_file"),
    path("evidence/<uuid:pk>/names-a-patient/", quarantine.of_evidence, name="flag_evidence"),
    path("evidence/files/<uuid:file_id>/names-a-patient/", quarantine.of_evidence_file, name="flag_evidence_file"),
    path("staff/patients/evidence/<uuid:pk>/<slug:move>/", quarantine.decide_evidence, name="decide_evidence_flag"),
    path("cohorts/", dashboard.cohorts, name="cohorts"),
    path("cohorts/<slug:wave_slug>/", dashboard.cohort, name="cohort"),
    path("cohorts/<slug:wave_slug>/timeline/", dashboard.cohort_timeline, name="cohort_timeline"),
]
