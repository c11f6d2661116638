from django.urls import URLPattern, path

app_name = "outreach"
urlpatterns: list[URLPattern] = []
