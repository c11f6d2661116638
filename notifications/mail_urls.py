from django.urls import path

from notifications import mail_views

app_name = "mail"
urlpatterns = [
    path("", mail_views.mails, name="list"),
    path("<uuid:mail_id>/", mail_views.mail, name="message"),
    path("<uuid:mail_id>/html/", mail_views.mail_html, name="html"),
]
