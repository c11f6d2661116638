"""What goes with selection: what a no comes with."""

from django.urls import path

from accelerator.views import offers

urlpatterns = [
    path("applications/<uuid:pk>/next/", offers.offers, name="offers"),
    path("applications/<uuid:pk>/coaching/", offers.coaching, name="coaching"),
]
