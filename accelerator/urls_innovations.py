"""Innovations, roadmaps, evidence, check-ins and the cohort dashboard."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
