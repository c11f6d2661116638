"""The site's addresses: one include per room. Demonstration pages exist only outside production."""

from django.conf import settings
from django.urls import include, path

urlpatterns = [
    path("", include("ui.urls")),
    path("", include("notifications.urls")),
    path("", include("people.urls")),
    path("", include("people.auth_urls")),
    path("", include("outreach.urls")),
    path("timebank/", include("timebank.urls")),
    path("goals/", include("goals.urls")),
    path("", include("accelerator.urls")),
    path("evaluation/", include("evaluation.urls")),
]

if not settings.PRODUCTION:
    urlpatterns += [
        path("demo/", include("people.demo_urls")),
        path("mail/", include("notifications.mail_urls")),
    ]

handler400 = "ui.views.bad_request"
handler403 = "ui.views.permission_denied"
handler404 = "ui.views.page_not_found"
handler500 = "ui.views.server_error"
