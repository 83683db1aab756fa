from django.urls import path

from users.api.token_views import RefreshView, SignInView, SignOutView
from users.api.views import MeView, SignUpView

urlpatterns = [
    path("users/", SignUpView.as_view(), name="user-list"),
    path("users/me/", MeView.as_view(), name="user-me"),
    path("token/", SignInView.as_view(), name="token"),
    path("token/refresh/", RefreshView.as_view(), name="token-refresh"),
    path("token/revoke/", SignOutView.as_view(), name="token-revoke"),
]
