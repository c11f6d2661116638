"""The learning log."""

from django.urls import path

from accelerator.views import lessons

urlpatterns = [
    path("learning/", lessons.Learning.as_view(), name="learning"),
    path("learning/add/", lessons.add, name="add_lesson"),
    path("learning/<uuid:pk>/", lessons.lesson, name="lesson"),
    path("learning/<uuid:pk>/take-back/", lessons.take_back, name="take_back_lesson"),
    path("learning/<uuid:pk>/answer/", lessons.answer, name="answer_lesson"),
    path("learning/<uuid:pk>/remove/", lessons.remove, name="remove_lesson"),
]
