"""The broker's desk, under /timebank/desk/; in the namespace of the time bank."""

from django.urls import path

from timebank.views import desk, desk_corrections, desk_people

urlpatterns = [
    path("", desk.home, name="desk"),
    path("disputes/", desk.Disputes.as_view(), name="disputes"),
    path("stuck/", desk.Stuck.as_view(), name="desk_stuck"),
    path("people/", desk_people.People.as_view(), name="desk_people"),
    path("people/<uuid:user_id>/", desk_people.member, name="desk_member"),
    path("people/<uuid:user_id>/nudge/", desk_people.nudge, name="desk_nudge"),
    path("people/<uuid:user_id>/grant/", desk_corrections.Grant.as_view(), name="desk_grant"),
    path("adjust/", desk_corrections.Adjust.as_view(), name="desk_adjust"),
    path("transfers/<uuid:transfer_id>/reverse/", desk_corrections.reverse_transfer, name="desk_reverse"),
]
