"""What goes with applying: help with a question, and answers that a broker writes down."""

from django.urls import path

from accelerator.views import helping, phone

urlpatterns = [
    path("applications/<uuid:pk>/question/<slug:key>/help/", helping.ask, name="ask_for_help"),
    path("applications/<uuid:pk>/question/<slug:key>/help/take-back/", helping.take_back, name="take_back_help"),
    path("helping/<uuid:pk>/", helping.helper, name="help_with_question"),
    path("phone/", phone.desk, name="phone"),
    path("phone/<uuid:pk>/stop/", phone.stop, name="stop_writing"),
]
