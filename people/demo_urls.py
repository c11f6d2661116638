"""/demo: be any of the demonstration people with one click. `config.urls` includes this outside production only."""

from django.urls import URLPattern

app_name = "demo"
urlpatterns: list[URLPattern] = []
