"""The whole shop for strangers: nothing has a default that must be a secret, and everything goes by HTTPS."""

from config.settings.required import require

require("DATABASE_URL", "ORDER_HISTORY_DATABASE_URL", signs_tokens=True)

from config.settings.shop import *  # noqa: E402, F403, I001
from config.settings.collected import *  # noqa: E402, F403
from config.settings.https import *  # noqa: E402, F403
