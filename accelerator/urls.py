from django.urls import URLPattern, path

app_name = "accelerator"
urlpatterns: list[URLPattern] = []
