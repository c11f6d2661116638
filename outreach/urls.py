from django.urls import path, re_path

from outreach import views

app_name = "outreach"
urlpatterns = [
    # printed and typed by hand: without a slash at the end, and with one
    re_path(r"^j/?$", views.typed, name="typed"),
    path("j/take-back/", views.take_back, name="take_back"),
    re_path(r"^j/(?P<code>[^/]+)/?$", views.door, name="door"),
    path("start/", views.door, name="start"),
    path("start/<str:token>/", views.email, name="email"),
    path("outreach/", views.campaigns, name="campaigns"),
    path("outreach/campaigns/new/", views.new_campaign, name="new_campaign"),
    path("outreach/campaigns/<uuid:campaign_id>/", views.campaign, name="campaign"),
    path("outreach/campaigns/<uuid:campaign_id>/placements/new/", views.new_placement, name="new_placement"),
    path("outreach/placements/<uuid:placement_id>/", views.placement, name="placement"),
    path("outreach/placements/<uuid:placement_id>/retire/", views.retire, name="retire"),
    path("outreach/placements/<uuid:placement_id>/poster.pdf", views.poster, name="poster"),
    path("outreach/placements/<uuid:placement_id>/qr.<str:ending>", views.qr, name="qr"),
]
