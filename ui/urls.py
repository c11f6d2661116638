from django.conf import settings
from django.urls import path

from ui import views

app_name = "ui"
urlpatterns = [
    path("", views.front, name="front"),
    path("home/", views.home, name="home"),
]
if not settings.PRODUCTION:
    urlpatterns += [
        path("gallery/", views.gallery, name="gallery"),
        path("gallery/form/", views.GalleryForm.as_view(), name="gallery_form"),
        path("gallery/error/<int:status>/", views.gallery_error, name="gallery_error"),
    ]
