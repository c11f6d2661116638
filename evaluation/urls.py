from django.urls import path

from evaluation import views

app_name = "evaluation"
urlpatterns = [
    path("", views.reports, name="reports"),
    path("<slug:slug>/plan/", views.plan, name="plan"),
    path("<slug:slug>/plan/change/", views.change_plan, name="change_plan"),
    path("<slug:slug>/mix/", views.selection_mix, name="selection_mix"),
    path("<slug:slug>/build/", views.request_report, name="request_report"),
    path("reports/<uuid:report_id>/", views.report, name="report"),
    path("reports/<uuid:report_id>/progress/", views.progress, name="progress"),
    path("reports/<uuid:report_id>/cancel/", views.cancel, name="cancel"),
    path("reports/<uuid:report_id>/retry/", views.retry, name="retry"),
    path("reports/<uuid:report_id>/report.<slug:what>", views.download, name="download"),
]
