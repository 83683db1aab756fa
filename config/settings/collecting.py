"""For `manage.py collectstatic` alone, which needs the apps and no secrets: an image is built before it has any."""

from config.settings.shop import *  # noqa: F403, I001
from config.settings.collected import *  # noqa: F403
