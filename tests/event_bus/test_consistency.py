from urllib.parse import parse_qsl, urlencode
from uuid import UUID

import pytest

from event_bus.consistency import ConsistencyToken, MalformedToken

ORDER = UUID("c916936f-9490-5fa1-b01d-aaf2e1cf57e3")


def test_a_token_survives_the_query_of_a_url():
    token = ConsistencyToken("orders", ORDER, 2)

    [(_, text)] = parse_qsl(query := urlencode({"after": str(token)}))

    assert ConsistencyToken.parse(text) == token
    assert query == f"after=orders.{ORDER}.2"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "orders",
        f"orders.{ORDER}",
        f"orders.{ORDER}.0",
        f"orders.{ORDER}.02",
        f"orders.{ORDER}.-1",
        f"orders.{ORDER}.{2**31}",
        f"orders.{ORDER}.٢",
        f"orders.{ORDER}.2\n",
        f"orders.{str(ORDER).upper()}.2",
        f"orders.{ORDER.hex}.2",
        f"Orders.{ORDER}.2",
        f"\0.{ORDER}.2",
        f"{'o' * 51}.{ORDER}.2",
        f"orders.{ORDER}.2.2",
    ],
)
def test_any_other_text_is_refused_with_where_to_get_one(text):
    with pytest.raises(MalformedToken, match="take it from the header Consistency-Token"):
        ConsistencyToken.parse(text)
