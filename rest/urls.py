"""The OpenAPI document, and two ways to read it. Everything they load is served from here."""

from django.urls import path
from drf_spectacular.views import SpectacularAPIView, SpectacularRedocView, SpectacularSwaggerSplitView

urlpatterns = [
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    path("docs/", SpectacularSwaggerSplitView.as_view(), name="swagger-ui"),
    path("redoc/", SpectacularRedocView.as_view(template_name="rest/redoc.html"), name="redoc"),
]
