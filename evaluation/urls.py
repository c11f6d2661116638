from django.urls import path, re_path

from evaluation import views

app_name = "evaluation"
urlpatterns = [
    path("", views.reports, name="reports"),
    path("<slug:slug>/build/", views.request_report, name="request_report"),
    path("reports/<uuid:report_id>/", views.report, name="report"),
    path("reports/<uuid:report_id>/progress/", views.progress, name="progress"),
    path("reports/<uuid:report_id>/cancel/", views.cancel, name="cancel"),
    path("reports/<uuid:report_id>/retry/", views.retry, name="retry"),
    re_path(r"^reports/(?P<report_id>[0-9a-f-]{36})/report\.(?P<what>pdf|zip)$", views.download, name="download"),
]
