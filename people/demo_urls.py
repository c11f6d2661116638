"""/demo: be any of the demonstration people with one click. `config.urls` includes this outside production only."""

from django.urls import path

from people.views import demo

app_name = "demo"
urlpatterns = [
    path("", demo.people, name="people"),
    path("<uuid:user_id>/", demo.become, name="become"),
]
