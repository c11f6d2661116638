"""The addresses of pots, under /timebank/pots/; in the namespace of the time bank."""

from django.urls import path

from timebank.views import pots

urlpatterns = [
    path("", pots.Pots.as_view(), name="pots"),
    path("open/", pots.open_name, name="open_pot"),
    path("open/skills/", pots.open_skills, name="open_pot_skills"),
    path("open/hours/", pots.open_hours, name="open_pot_hours"),
    path("<uuid:pot_id>/", pots.pot, name="pot"),
    path("<uuid:pot_id>/give/", pots.give, name="give"),
    path("join/<str:code>/", pots.join, name="pot_join"),
    path("<uuid:pot_id>/edit/", pots.edit, name="pot_edit"),
    path("<uuid:pot_id>/close/", pots.close, name="pot_close"),
    path("<uuid:pot_id>/people/", pots.people, name="pot_people"),
    path("<uuid:pot_id>/new-link/", pots.new_link, name="pot_new_link"),
    path("<uuid:pot_id>/resign/", pots.resign, name="pot_resign"),
    path("<uuid:pot_id>/answer/", pots.answer, name="pot_answer"),
    path("<uuid:pot_id>/leave/", pots.leave, name="pot_leave"),
    path("<uuid:pot_id>/named/", pots.named, name="pot_named"),
    path("<uuid:pot_id>/offer/", pots.offer, name="pot_offer"),
]
