from django.urls import path

from notifications import views

app_name = "notifications"
urlpatterns = [
    path("inbox/", views.Inbox.as_view(), name="inbox"),
    path("inbox/read/", views.read_all, name="read_all"),
    path("inbox/preferences/", views.preferences, name="preferences"),
    path("inbox/<uuid:item_id>/", views.message, name="message"),
    path("stop/<str:token>/", views.stop, name="stop"),
    path("outbox/", views.outbox, name="outbox"),
    path("outbox/<uuid:message_id>/retry/", views.retry, name="retry"),
]
