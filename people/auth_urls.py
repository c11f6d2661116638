"""What allauth serves, under the names that it looks for. Only what we offer: no password, no sign-up of its own."""

from allauth.account import views as account
from allauth.socialaccount import views as social
from allauth.socialaccount.providers.openid_connect import views as openid_connect
from django.urls import include, path

from people.views import factors, sign_in

urlpatterns = [
    path("sign-in/", sign_in.sign_in, name="account_login"),
    path("sign-out/", account.logout, name="account_logout"),
    path("sign-in/paused/", account.account_inactive, name="account_inactive"),
    path("sign-in/again/", factors.prove_mail, name="account_reauthenticate"),
    path("account/second-step/", include("allauth.mfa.urls")),
    path("account/devices/", include("allauth.usersessions.urls")),
    # OpenID Connect; 404 where the environment names no server. `people:to_organisation` leads there
    path("sign-in/<str:provider_id>/callback/", openid_connect.callback, name="openid_connect_callback"),
    path("sign-in/organisation/cancelled/", social.login_cancelled, name="socialaccount_login_cancelled"),
]
