"""The OpenAPI document against the running shop: schemathesis tries it with all checks, and finds nothing."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import live_stack_in, make_ready
from tests.databases import Servers
from tests.shopping import Shop

TESTS = Path(__file__).parent
# Per operation and kind of data; more by hand: SCHEMATHESIS_SEED=7 SCHEMATHESIS_EXAMPLES=200 make test PYTEST=…
EXAMPLES = os.environ.get("SCHEMATHESIS_EXAMPLES", "5")

SEED = os.environ.get("SCHEMATHESIS_SEED", "1")


@pytest.fixture(scope="module")
def shop(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    make_ready(servers.broker)
    data_dir = tmp_path_factory.mktemp("openapi") / "live"
    with live_stack_in(servers, data_dir, DJANGO_SETTINGS_MODULE="tests.live_settings") as stack:
        shop = Shop(stack)
        shop.open()
        yield shop


@pytest.mark.parametrize("who", ["anonymous", "customer", "staff"])
def test_schemathesis_finds_nothing(shop: Shop, tmp_path: Path, who: str) -> None:
    client = {"anonymous": None, "customer": shop.customer, "staff": shop.staff}[who]
    if client:
        client.sign_in("ann@example.com" if who == "customer" else "staff@example.com")
    config = tmp_path / "schemathesis.toml"
    config.write_text((TESTS / "schemathesis.toml").read_text() + _with_ids_that_exist(shop))

    tried = subprocess.run(
        [
            *(sys.executable, "-m", "schemathesis.cli", "--no-color", "--config-file", str(config)),
            *("run", f"{shop.address}/api/v1/schema/", "--max-examples", EXAMPLES),
            *(
                "--seed",
                SEED,
                "--generation-deterministic",
            ),  # what finds nothing today finds nothing tomorrow
            *(["--header", f"Authorization: Bearer {client.token}"] if client else []),
        ],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(TESTS.parent)},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )

    assert tried.returncode == 0, tried.stdout + tried.stderr


def _with_ids_that_exist(shop: Shop) -> str:
    """Or every order would be one that is not found."""
    product_id = shop.create_product()
    paths = {
        "/api/v1/products/{id}/": ("id", product_id),
        "/api/v1/orders/{id}/": ("id", shop.order(product_id)),
        "/api/v1/orders/{id}/cancel/": ("id", shop.order(product_id)),
        "/api/v1/order-history/users/{user_id}/products/": ("user_id", shop.customer_id),
    }
    return "".join(
        f'\n[[operations]]\ninclude-path = "{path}"\nparameters = {{ "path.{name}" = "{value}" }}\n'
        for path, (name, value) in paths.items()
    )
