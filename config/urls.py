"""The addresses of the whole shop."""

from django.conf import settings
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path, re_path
from django.views.static import serve

from order_history.health import livez, readyz

urlpatterns: list[URLPattern | URLResolver] = [
    path("admin/", admin.site.urls),
    path("api/v1/", include("products.api.urls")),
    path("api/v1/", include("users.api.urls")),
    path("api/v1/", include("orders.api.urls")),
    path("api/v1/order-history/", include("order_history.api.urls")),
    path("livez", livez),
    path("readyz", readyz),
]

if settings.MEDIA_URL.startswith("/"):  # nobody else serves the pictures
    media = settings.MEDIA_URL.lstrip("/")
    urlpatterns.append(re_path(rf"^{media}(?P<path>.*)$", serve, {"document_root": settings.MEDIA_ROOT}))
