"""What the clients of the harness make of an answer that did not reach them."""

import pytest
from django.test import Client

from benchmarks.chaos.clients import Customers
from benchmarks.chaos.ledger import Ledger
from benchmarks.chaos.shop import Account, Refused, Shop, Unanswered

pytestmark = pytest.mark.django_db


class ShopWhoseFirstAnswerIsLost(Shop):
    """The shop's API in this process: what is asked of it happens, and the first answer does not arrive."""

    def __init__(self) -> None:
        super().__init__(port=0)
        self.client = Client()
        self.asked = 0

    def _exchange(self, method: str, path: str, body: str, headers: dict[str, str]) -> tuple[int, bytes]:
        response = self.client.generic(method, path, body, content_type="application/json", headers=headers)
        self.asked += 1
        if self.asked == 1:
            raise Unanswered("lost")
        return response.status_code, response.content


@pytest.fixture
def customers(settings):
    settings.API_THROTTLE_RATES = dict.fromkeys(settings.API_THROTTLE_RATES)
    customers = Customers("customers", port=0, ledger=Ledger(), seed=1, pause=0)
    customers.shop = ShopWhoseFirstAnswerIsLost()
    return customers


def test_somebody_whose_sign_up_was_not_answered_finds_out_that_it_succeeded(customers):
    customers.sign_up()

    assert customers.ledger.surprises == []
    assert customers.ledger.unanswered == 1
    (user_id,) = customers.ledger.users
    assert [account.user_id for account in customers.accounts] == [user_id]


def test_a_first_attempt_that_is_refused_is_a_surprise(customers, monkeypatch):
    def refuse(account: Account) -> None:
        raise Refused(400, {"errors": [{"pointer": "#/email", "code": "unique"}]})

    monkeypatch.setattr(customers.shop, "sign_up", refuse)

    customers.sign_up()

    (surprise,) = customers.ledger.surprises
    assert surprise.startswith("signing up: 400")
