from django.urls import URLPattern, path

app_name = "notifications"
urlpatterns: list[URLPattern] = []
