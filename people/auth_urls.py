"""What allauth serves, under the names that it looks for. Only what we offer: no password, no sign-up of its own."""

from allauth.account import views as account
from django.conf import settings
from django.urls import include, path

from people.views import sign_in

urlpatterns = [
    path("sign-in/", sign_in.sign_in, name="account_login"),
    path("sign-out/", account.logout, name="account_logout"),
    path("sign-in/paused/", account.account_inactive, name="account_inactive"),
    path("sign-in/again/", account.reauthenticate, name="account_reauthenticate"),
    path("account/second-step/", include("allauth.mfa.urls")),
    path("account/devices/", include("allauth.usersessions.urls")),
]

if settings.SOCIALACCOUNT_PROVIDERS:  # OpenID Connect, where the environment names a server
    from allauth.socialaccount import views as social

    urlpatterns += [
        path("sign-in/elsewhere/cancelled/", social.login_cancelled, name="socialaccount_login_cancelled"),
        path("sign-in/elsewhere/problem/", social.login_error, name="socialaccount_login_error"),
        path("sign-in/elsewhere/", include("allauth.socialaccount.providers.openid_connect.urls")),
    ]
