"""What goes with selection: the sample before it, how it came out after it, what a no comes with."""

from django.urls import path

from accelerator.views import kept, offers, outcomes, panel, review, samples

urlpatterns = [
    path("reviews/sample/<uuid:pk>/", samples.sample, name="sample"),
    path("reviews/<uuid:pk>/keep/", review.keep, name="keep_review"),
    path("selection/review/<uuid:pk>/set-aside/", panel.set_aside, name="set_aside_review"),
    path("reviews/outcomes/<slug:slug>/", outcomes.outcomes, name="outcomes"),
    path("selection/<slug:slug>/kept/", kept.kept, name="kept"),
    path("selection/<slug:slug>/sample/", samples.choose, name="choose_sample"),
    path("applications/<uuid:pk>/next/", offers.offers, name="offers"),
    path("applications/<uuid:pk>/coaching/", offers.coaching, name="coaching"),
]
