from django.urls import URLPattern, path

app_name = "timebank"
urlpatterns: list[URLPattern] = []
