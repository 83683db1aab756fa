import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from storefront.visitor import COOKIE
from users.models import User
from users.operations import erase_user, sign_up
from users.pages.forms import AccountForm, OwnPassword

pytestmark = pytest.mark.django_db

EMAIL, PASSWORD = "ann@example.com", "correct horse battery"
NOT_TOGETHER = "This e-mail and this password do not belong together."


@pytest.fixture
def client():
    return Client()


@pytest.fixture
def ann():
    return sign_up(email=EMAIL, password=PASSWORD)


@pytest.fixture
def signed_in(client, ann):
    sign_in(client)
    return client


def sign_in(client, email=EMAIL, password=PASSWORD, **more):
    return client.post("/sign-in/", {"email": email, "password": password, **more})


def test_whoever_signs_up_is_signed_in_and_goes_on(client):
    answer = client.post("/sign-up/", {"email": "Ann@Example.com", "password": PASSWORD, "next": "/basket/"})

    assert answer["Location"] == "/basket/"
    assert User.objects.get().email == EMAIL
    assert client.get("/account/").status_code == 200


@pytest.mark.parametrize(
    ("email", "password", "complaint"),
    [
        ("nonsense", PASSWORD, "valid email"),
        (EMAIL, "password", "too common"),
        (EMAIL, "short", "too short"),
        (EMAIL, EMAIL, "too similar"),
        ("", "", "required"),
        ("a\x00@example.com", PASSWORD, "Null characters"),
    ],
)
def test_what_is_wrong_stands_beside_its_field(client, email, password, complaint):
    answer = client.post("/sign-up/", {"email": email, "password": password})

    assert answer.status_code == 422
    assert complaint in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert "autofocus" in answer.text
    assert not User.objects.exists()


def test_an_email_is_signed_up_once(client, ann):
    answer = client.post("/sign-up/", {"email": EMAIL.upper(), "password": PASSWORD})

    assert "Somebody has signed up with this e-mail already" in answer.text
    assert User.objects.count() == 1


def test_a_wrong_password_and_an_unknown_email_are_answered_alike(client, ann):
    wrong, unknown = sign_in(client, password="not it"), sign_in(client, email="bob@example.com")

    assert NOT_TOGETHER in wrong.text
    assert NOT_TOGETHER in unknown.text
    assert (wrong.status_code, wrong.cookies.keys()) == (unknown.status_code, unknown.cookies.keys())


def test_an_erased_user_cannot_sign_in(client, ann):
    erase_user(user_id=ann.id, at=timezone.now())

    assert NOT_TOGETHER in sign_in(client).text


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "\\\\evil"]
)
def test_signing_in_leads_to_our_own_pages_only(client, ann, elsewhere):
    assert sign_in(client, next=elsewhere)["Location"] == "/"


def test_an_address_that_is_also_the_name_of_a_page_is_an_address(client, ann):
    assert sign_in(client, next="order")["Location"] == "order"


def test_the_page_cookie_opens_pages_only(signed_in):
    """It outlives signing out and a new password, so it must order nothing."""
    stolen = APIClient(headers={"Authorization": f"Bearer {signed_in.cookies[COOKIE].value}"})

    assert stolen.get("/api/v1/orders/").status_code == 401
    assert stolen.get("/api/v1/order-history/me/products/").status_code == 401


def test_signing_in_gives_the_page_cookie_and_signing_out_takes_it(signed_in):
    assert signed_in.cookies[COOKIE].value

    signed_in.post("/sign-out/")

    assert not signed_in.cookies[COOKIE].value
    assert signed_in.get("/account/")["Location"].startswith("/sign-in/")


def test_a_page_of_the_shop_renews_the_page_cookie(signed_in):
    del signed_in.cookies[COOKIE]
    assert signed_in.get("/your-products/").status_code == 403

    signed_in.get("/account/")

    assert signed_in.cookies[COOKIE].value


def test_a_cookie_that_is_young_is_not_renewed(signed_in):
    assert COOKIE not in signed_in.get("/account/").cookies


def test_without_a_session_the_page_cookie_goes(signed_in):
    del signed_in.cookies["sessionid"]

    assert signed_in.get("/account/").cookies[COOKIE]["max-age"] == 0


def test_whose_cookie_grew_too_old_comes_back_without_typing_anything(signed_in):
    del signed_in.cookies[COOKIE]

    answer = signed_in.get("/sign-in/?next=/your-products/")

    assert answer["Location"] == "/your-products/"
    assert signed_in.cookies[COOKIE].value


def test_email_and_password_can_be_changed_by_who_knows_the_password(signed_in, ann):
    changed = {"email": "new@example.com", "new_password": "another quiet teapot"}

    assert "This is not your password." in signed_in.post("/account/", {**changed, "password": "no"}).text
    assert signed_in.post("/account/", {**changed, "password": PASSWORD}).status_code == 302

    assert signed_in.get("/account/").status_code == 200
    assert sign_in(Client(), "new@example.com", "another quiet teapot").status_code == 302


def test_a_taken_email_is_refused(signed_in):
    sign_up(email="bob@example.com", password=None)

    answer = signed_in.post("/account/", {"email": "bob@example.com", "password": PASSWORD})

    assert answer.status_code == 422
    assert "Somebody signed up with this e-mail already." in answer.text


def test_erasing_asks_for_the_password_and_leaves_nothing(signed_in, ann):
    assert signed_in.post("/account/erase/", {"erase-password": "wrong"}).status_code == 422
    ann.refresh_from_db()
    assert ann.erased_at is None

    signed_in.cookies["basket"] = "x"
    answer = signed_in.post("/account/erase/", {"erase-password": PASSWORD}, follow=True)

    ann.refresh_from_db()
    assert ann.erased_at
    assert "Your account is erased" in answer.text
    assert not signed_in.cookies[COOKIE].value
    assert not signed_in.cookies["basket"].value


def test_a_second_click_on_erasing_finds_it_done(signed_in, ann, monkeypatch):
    """Both were let in before the first was through."""
    monkeypatch.setattr(
        OwnPassword, "is_valid", lambda form: bool(erase_user(user_id=ann.id, at=timezone.now()))
    )

    answer = signed_in.post("/account/erase/", {"erase-password": PASSWORD}, follow=True)

    assert "Your account is erased" in answer.text


def test_changing_what_is_being_erased_leads_to_signing_in(signed_in, ann, monkeypatch):
    monkeypatch.setattr(
        AccountForm, "is_valid", lambda form: bool(erase_user(user_id=ann.id, at=timezone.now()))
    )
    monkeypatch.setattr(
        AccountForm, "cleaned_data", {"email": "bob@example.com", "new_password": None}, raising=False
    )

    answer = signed_in.post("/account/", {"email": "bob@example.com", "password": PASSWORD})

    assert answer["Location"] == "/sign-in/?next=/account/"
    ann.refresh_from_db()
    assert ann.email is None


def test_whoever_has_to_sign_in_to_be_erased_comes_back_to_the_account(client, ann):
    assert client.post("/account/erase/")["Location"] == "/sign-in/?next=/account/"


@pytest.mark.parametrize("address", ["/sign-out/", "/account/erase/"])
def test_looking_changes_nothing(signed_in, address):
    assert signed_in.get(address).status_code == 405


@pytest.fixture
def limits(settings):
    settings.CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "limits"}
    }
    cache.clear()
    settings.API_THROTTLE_RATES = {
        "anonymous": None,
        "sign-up": "2/hour",
        "sign-in": "9/hour",
        "sign-in-as": "2/hour",
    }
    yield
    cache.clear()


def test_passwords_cannot_be_tried_without_end(client, ann, limits):
    assert [sign_in(client, password=f"guess {n}").status_code for n in range(3)] == [422, 422, 429]

    refused = sign_in(client)

    assert refused.status_code == 429
    assert "Please wait" in refused.text
    assert int(refused["Retry-After"]) > 0
    assert sign_in(client, email="bob@example.com").status_code == 422


@pytest.mark.parametrize(
    ("address", "field"), [("/account/", "password"), ("/account/erase/", "erase-password")]
)
def test_whoever_found_an_open_browser_cannot_try_its_password_without_end(signed_in, limits, address, field):
    guesses = [signed_in.post(address, {"email": EMAIL, field: f"guess {n}"}).status_code for n in range(3)]

    assert guesses == [422, 422, 302]
    assert "Please wait" in signed_in.get("/account/").text
    assert signed_in.post(address, {"email": EMAIL, field: PASSWORD})["Location"] == "/account/"
    assert User.objects.get().erased_at is None


def test_passwords_cannot_be_tried_at_the_admin_instead(client, ann, limits):
    alike_to_django = ["Ann@Example.com", "ａnn@example.com", "𝐚nn@example.com"]
    guesses = [
        {"username": name, "password": f"guess {n}", "email": f"{n}@x.org"}
        for n, name in enumerate(alike_to_django)
    ]

    answers = [client.post("/admin/login/", guess).text for guess in guesses]

    assert ["Please wait" in answer for answer in answers] == [False, False, True]
    assert sign_in(client).status_code == 429


def test_accounts_cannot_be_made_without_end(client, limits):
    statuses = [
        Client().post("/sign-up/", {"email": f"{n}@example.com", "password": PASSWORD}).status_code
        for n in range(3)
    ]

    assert statuses == [302, 302, 429]
    assert User.objects.count() == 2
