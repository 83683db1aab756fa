import html
import re

import pytest
from django.contrib.auth.models import Permission
from django.db import OperationalError
from django.test import Client
from django.urls import reverse

from event_bus.inbox import admin as inbox_admin
from event_bus.inbox.dead_letters import discard_dead_letters
from event_bus.inbox.models import DeadLetter
from order_history.models import HistoryProduct
from tests.delivering import NOW, Wire
from tests.event_bus.dead_lettering import BrokenTitles
from tests.order_history.facts import id_of, product
from users.models import User
from users.operations import sign_up

pytestmark = pytest.mark.django_db(databases=["default", "order_history"])

LIST = "/admin/inbox/deadletter/"
DISCARD = "/admin/inbox/deadletter/discard/"


@pytest.fixture
def admin():
    client = Client()
    client.force_login(User.objects.create_superuser("root@example.com"))
    return client


@pytest.fixture
def onlooker():
    """May look at dead letters, and nothing else."""
    user = sign_up(email="onlooker@example.com", password=None, is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_deadletter"))
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def broken(monkeypatch):
    return BrokenTitles(monkeypatch)


@pytest.fixture
def wire():
    return Wire()


@pytest.fixture
def letters(wire, broken):
    return fail(wire, broken, "a", "b", "c")


def fail(wire, broken, *titles):
    broken.titles |= set(titles)
    wire.deliver(*[product(id=id_of(title), title=title) for title in titles])
    return list(DeadLetter.objects.order_by("-id")[: len(titles)])[::-1]


def shown(client, **query):
    return list(client.get(LIST, query).context["cl"].result_list)


def act(client, action, *letters, follow=True, **more):
    selected = [letter.id for letter in letters]
    return client.post(LIST, {"action": action, "_selected_action": selected, **more}, follow=follow)


def said(response):
    return [str(message) for message in response.context["messages"]]


def test_those_that_wait_are_listed_and_the_others_on_request(admin, letters):
    resolved, discarded, waiting = letters
    DeadLetter.objects.filter(id=resolved.id).update(resolved_at=NOW)
    discard_dead_letters([discarded.id], reason="x", by="ann", at=NOW)

    assert shown(admin) == [waiting]
    assert shown(admin, state="resolved") == [resolved]
    assert shown(admin, state="discarded") == [discarded]
    assert len(shown(admin, state="all")) == 3
    assert shown(admin, subscription="order_history") == [waiting]


def test_the_errors_stand_above_the_list_and_lead_to_their_letters(admin, letters, wire, broken):
    broken.error = KeyError
    odd = fail(wire, broken, "d & é\n<b>?")

    page = admin.get(LIST).content.decode()
    links = [html.unescape(link) for link in re.findall(r'href="(\?error_type=[^"]+)"', page)]

    assert len(links) == 4
    [link] = [link for link in links if "KeyError" in link]
    assert list(admin.get(LIST + link).context["cl"].result_list) == odd
    assert "<b>" not in page


def test_the_page_costs_the_same_queries_however_many_letters(admin, wire, broken, django_assert_num_queries):
    fail(wire, broken, "a")
    for _ in range(2):
        with django_assert_num_queries(2, using="order_history"):
            admin.get(LIST)
        fail(wire, broken, *(f"title {n}" for n in range(50)))


def test_one_can_be_looked_into(admin, letters):
    page = html.unescape(admin.get(f"{LIST}{letters[0].id}/change/").content.decode())

    assert '>{\n  "id": "1"' in page
    assert ">Traceback (most recent call last)" in page
    assert "products/0, position 1" in page


def test_nothing_can_be_edited(admin, letters):
    response = admin.post(f"{LIST}{letters[0].id}/change/", {"error_type": "None"})

    assert response.status_code == 403
    assert admin.get(f"{LIST}add/").status_code == 403
    assert admin.get(f"{LIST}{letters[0].id}/delete/").status_code == 403


def test_a_selection_is_retried(admin, letters, broken):
    broken.titles = {"b"}

    response = act(admin, "retry", *letters[:2])

    assert said(response) == ["1 applied, 1 failed again: 1 ValueError"]
    assert HistoryProduct.objects.get().title == "a"
    assert DeadLetter.objects.waiting().count() == 2


def test_all_are_retried_across_pages(admin, wire, broken):
    fail(wire, broken, *(f"title {n}" for n in range(120)))
    broken.titles = set()

    response = act(admin, "retry", DeadLetter.objects.latest("id"), select_across="1")

    assert said(response) == ["120 applied, 0 failed again"]
    assert HistoryProduct.objects.count() == 120


def test_all_of_one_error_are_retried_and_no_others(admin, letters, wire, broken):
    DeadLetter.objects.filter(id=letters[0].id).update(error_type="KeyError")
    broken.titles = set()

    admin.post(
        f"{LIST}?error_type=ValueError",
        {"action": "retry", "_selected_action": letters[1].id, "select_across": "1"},
    )

    assert DeadLetter.objects.waiting().get() == letters[0]


def test_the_page_of_one_offers_to_retry_it(admin, letters, broken):
    page = admin.get(f"{LIST}{letters[0].id}/change/").content.decode()
    broken.titles = set()

    assert 'name="action" value="retry"' in page
    assert said(act(admin, "retry", letters[0])) == ["1 applied, 0 failed again"]
    assert 'value="retry"' not in admin.get(f"{LIST}{letters[0].id}/change/").content.decode()


def test_a_retry_that_takes_too_long_for_a_browser_says_what_is_left(admin, letters, monkeypatch):
    monkeypatch.setattr(inbox_admin, "LONGEST_RETRY", -1)

    assert said(act(admin, "retry", *letters)) == [
        "0 applied, 0 failed again",
        "3 were not tried yet. For so many there is: manage.py retry_dead_letters",
    ]


def test_a_passing_error_is_told_and_leaves_the_letters(admin, letters, broken):
    broken.error = OperationalError

    response = act(admin, "retry", *letters)

    assert "Stopped, try again later" in said(response)[0]
    assert DeadLetter.objects.waiting().count() == 3


def test_a_discard_asks_for_a_reason_first(admin, letters):
    response = act(admin, "discard", *letters[:2])

    assert "Discard 2 events" in response.content.decode()
    assert DeadLetter.objects.waiting().count() == 3


def test_a_discard_writes_down_who_and_why(admin, letters):
    ids = act(admin, "discard", *letters[:2]).context["form"]["ids"].value()

    response = admin.post(DISCARD, {"ids": ids, "reason": " test data "}, follow=True)

    assert said(response) == ["2 discarded"]
    assert DeadLetter.objects.waiting().get() == letters[2]
    letters[0].refresh_from_db()
    assert (letters[0].discarded_by, letters[0].discard_reason) == ("root@example.com", "test data")


def test_what_fails_while_the_reason_is_written_is_not_discarded(admin, letters, wire, broken):
    ids = act(admin, "discard", letters[0], select_across="1").context["form"]["ids"].value()
    [newcomer] = fail(wire, broken, "newcomer")

    admin.post(DISCARD, {"ids": ids, "reason": "test data"})

    assert DeadLetter.objects.waiting().get() == newcomer


def test_a_discard_without_a_reason_asks_again(admin, letters):
    response = admin.post(DISCARD, {"ids": str(letters[0].id), "reason": "  "})

    assert response.context["form"].errors["reason"]
    assert response.context["form"]["ids"].value() == str(letters[0].id)
    assert DeadLetter.objects.waiting().count() == 3


@pytest.mark.parametrize("ids", ["", "x", "1;2", "9" * 40])
def test_a_spoilt_selection_discards_nothing(admin, letters, ids):
    assert admin.post(DISCARD, {"ids": ids, "reason": "x"}).status_code == 302
    assert DeadLetter.objects.waiting().count() == 3


def test_looking_at_the_address_of_the_form_discards_nothing(admin, letters):
    assert admin.get(DISCARD)["Location"] == LIST
    assert not DeadLetter.objects.filter(discarded_at__isnull=False).exists()


def test_too_many_for_one_form_are_cut_and_said_to_be(admin, letters, monkeypatch):
    monkeypatch.setattr(inbox_admin, "DISCARDED_AT_ONCE", 2)

    page = act(admin, "discard", *letters)

    assert "You selected 1 more: these are the oldest 2." in " ".join(page.content.decode().split())
    assert page.context["form"]["ids"].value() == f"{letters[0].id},{letters[1].id}"


def test_who_may_only_look_can_change_nothing(onlooker, letters):
    assert shown(onlooker) == letters[::-1]
    page = onlooker.get(f"{LIST}{letters[0].id}/change/").content.decode()
    assert 'value="retry"' not in page

    act(onlooker, "retry", *letters)
    refused = onlooker.post(DISCARD, {"ids": str(letters[0].id), "reason": "x"})

    assert refused.status_code == 403
    assert {letter.attempts for letter in DeadLetter.objects.waiting()} == {1}


def test_who_may_not_even_look_sees_nothing(client, letters):
    client.force_login(sign_up(email="staff@example.com", password=None, is_staff=True))

    assert client.get(LIST).status_code == 403
    assert client.get(reverse("admin:inbox_deadletter_discard")).status_code == 403
