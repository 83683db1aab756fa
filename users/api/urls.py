from django.urls import path

from users.api.views import MeView, RefreshView, SignUpView, TokenView

urlpatterns = [
    path("users/", SignUpView.as_view(), name="user-list"),
    path("users/me/", MeView.as_view(), name="user-me"),
    path("token/", TokenView.as_view(), name="token"),
    path("token/refresh/", RefreshView.as_view(), name="token-refresh"),
]
