"""What is known to leave every page without an answer, said by `manage.py check --deploy`."""

from typing import Any

from django.contrib.staticfiles.storage import ManifestFilesMixin, staticfiles_storage
from django.core.checks import CheckMessage, Error, register


@register("storefront", deploy=True)
def check_collected(**_: Any) -> list[CheckMessage]:
    if not isinstance(staticfiles_storage, ManifestFilesMixin) or staticfiles_storage.hashed_files:
        return []
    return [
        Error(
            f"No static files are collected in {staticfiles_storage.location}: no page can be rendered.",
            hint="DJANGO_SETTINGS_MODULE=config.settings.collecting manage.py collectstatic --noinput",
            id="storefront.E001",
        )
    ]
