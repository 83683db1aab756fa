"""The order history alone, for strangers: see `production`."""

from config.settings.required import require

require("ORDER_HISTORY_DATABASE_URL", signs_tokens=False)

from config.settings.order_history import *  # noqa: E402, F403, I001
from config.settings.collected import *  # noqa: E402, F403
from config.settings.https import *  # noqa: E402, F403
