"""What the clients of the harness make of an answer that did not reach them."""

import pytest

from benchmarks.chaos.clients import Customers
from benchmarks.chaos.ledger import Ledger
from benchmarks.chaos.shop import Account, Refused, Shop, Unanswered

pytestmark = pytest.mark.django_db(transaction=True)


class ForgetfulShop(Shop):
    """Signs people up, and the first answer is lost."""

    lost = False

    def sign_up(self, account: Account) -> None:
        super().sign_up(account)
        if not self.lost:
            self.lost = True
            raise Unanswered("lost")


@pytest.fixture
def customers(live_server):
    customers = Customers("customers", port=live_server.thread.port, ledger=Ledger(), seed=1, pause=0)
    yield customers
    customers.shop.close()


def test_somebody_whose_sign_up_was_not_answered_finds_out_that_it_succeeded(customers, live_server):
    customers.shop = ForgetfulShop(live_server.thread.port)

    customers.sign_up()

    assert customers.ledger.surprises == []
    assert customers.ledger.unanswered == 1
    (user_id,) = customers.ledger.users
    assert [account.user_id for account in customers.accounts] == [user_id]


def test_a_first_attempt_that_is_refused_is_a_surprise(customers, monkeypatch):
    taken = {"errors": [{"pointer": "#/email", "code": "unique"}]}

    def refuse(account):
        raise Refused(400, taken)

    monkeypatch.setattr(customers.shop, "sign_up", refuse)

    customers.sign_up()

    (surprise,) = customers.ledger.surprises
    assert surprise.startswith("signing up: 400")
