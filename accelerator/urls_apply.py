"""Waves, applying, review and decisions."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
