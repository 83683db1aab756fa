"""Early pytest plugin: gives each run a DATA_DIR of its own, before Django reads its settings."""

import os
import tempfile

_data_dir = tempfile.TemporaryDirectory(prefix="shop-tests-")
os.environ["DATA_DIR"] = _data_dir.name
