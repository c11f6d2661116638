from django.urls import URLPattern, path

app_name = "goals"
urlpatterns: list[URLPattern] = []
