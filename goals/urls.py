from django.urls import path

from goals import views

app_name = "goals"
urlpatterns = [
    path("", views.mine, name="mine"),
    path("library/", views.library, name="library"),
    path("library/<uuid:goal_id>/", views.sign_up_for, name="sign_up_for"),
    path("own/", views.own, name="own"),
    path("stuck/", views.stuck, name="stuck"),
    path("<uuid:sign_up_id>/", views.sign_up, name="sign_up"),
    path("<uuid:sign_up_id>/assess/", views.assess, name="assess"),
    path("<uuid:sign_up_id>/stop/", views.stop, name="stop"),
    path("flags/<uuid:flag_id>/", views.answer_flag, name="answer_flag"),
    path("flags/<uuid:flag_id>/unstuck/", views.unstuck, name="unstuck"),
    path("sign-posts/<uuid:post_id>/", views.follow, name="follow"),
]
