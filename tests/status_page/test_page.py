"""The page that staff look at: drawn on the server, from the one status function."""

import re

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

from event_bus.status_page import views
from tests.status_page import synthetic

pytestmark = pytest.mark.django_db(databases="__all__")

PAGE = "/admin/event-bus/"


@pytest.fixture
def staff(django_user_model, client):
    """Somebody of the staff who may look at checkpoints, signed in."""
    user = django_user_model.objects.create_user(email="staff@example.com", password="geheim")
    user.is_staff = True
    user.save()
    user.user_permissions.add(Permission.objects.get(codename="view_checkpoint"))
    client.force_login(user)
    return user


@pytest.fixture
def moment(monkeypatch):
    """The page shows a made-up moment."""

    def choose(status):
        monkeypatch.setattr(views, "bus_status", lambda *, at: status)

    return choose


def test_it_stands_in_the_sidebar_of_the_admin(client, staff):
    page = client.get(reverse("admin:index")).content.decode()

    assert f'href="{PAGE}"' in page


def test_it_shows_the_real_bus(client, staff, broker):
    page = client.get(PAGE)

    assert page.status_code == 200
    assert "order_history" in page.content.decode()


def test_strangers_sign_in_first(client):
    assert client.get(PAGE).headers["Location"].startswith("/admin/login/")


def test_staff_without_the_permission_do_not_see_it(client, staff):
    staff.user_permissions.clear()

    assert client.get(PAGE).status_code == 403


def test_the_line_on_top_says_in_words_what_is_wrong(client, staff, moment):
    moment(synthetic.trouble())

    page = client.get(PAGE).content.decode()

    assert "Stopped because no worker of order_history is alive" in page
    assert "a gap of recommendations is being healed" in page
    assert (
        f'<a class="bus-letters-link" href="{reverse("admin:inbox_deadletter_changelist")}">Look at 3 dead'
        in page
    )


def test_the_refresh_brings_only_what_changes(client, staff, moment):
    moment(synthetic.healthy())

    part = client.get(PAGE, {"part": ""})

    assert "<html" not in part.content.decode()
    assert part.content.decode().lstrip().startswith('<section class="bus-banner bus-level-healthy"')
    assert "no-store" in part.headers["Cache-Control"]


@pytest.mark.parametrize("status", [synthetic.largest(), synthetic.trouble(), synthetic.nothing_known()])
def test_it_holds_no_inline_style_or_script_and_names_nothing_twice(client, staff, moment, status):
    moment(status)

    part = client.get(PAGE, {"part": ""}).content.decode()

    assert not re.search(r"<script|<style|\sstyle=|\son\w+=|https?://", part)
    ids = re.findall(r'\sid="([^"]+)"', part)
    assert len(ids) == len(set(ids))
    for reference in re.findall(r'aria-labelledby="([^"]+)"', part):
        assert set(reference.split()) <= set(ids)
    for marker in re.findall(r"url\(#([^)]+)\)", part):
        assert marker in ids


def test_the_largest_bus_weighs_little(client, staff, moment):
    moment(synthetic.largest())

    assert len(client.get(PAGE, {"part": ""}).content) < 150_000


def test_every_number_of_the_picture_stands_in_a_table_too(client, staff, moment):
    moment(synthetic.largest())

    part = client.get(PAGE, {"part": ""}).content.decode()

    lanes = len(synthetic.TOPICS) * synthetic.PARTITIONS * len(synthetic.NAMES)
    assert len(re.findall(r'<tr><th scope="row">\w+/\d', part)) == lanes
    assert len(re.findall(r'<tr><th scope="row">\d\d:\d\d', part)) == 60 * len(synthetic.NAMES)


def test_what_the_last_comparison_with_the_sources_found_stands_there(client, staff, moment):
    moment(synthetic.trouble())

    part = client.get(PAGE, {"part": ""}).content.decode()

    assert "2 h ago, 368,412 rows in 41 s: 14 rows differed, 2 repaired, 12 still differ." in part
    assert "given up 10 min ago: waited in vain for digests of the source (products)." in part
    assert "manage.py reconcile --repair --subscription order_history" in part
    assert f'<a href="{reverse("event_bus_admin:timeline")}?of=018f3a5e-' in part
    assert "and 2 more" in part
    assert "Never compared with its sources." in part
    assert 'value="120000" max="368412"' in part


def test_where_the_readers_database_is_away_no_comparison_is_known(client, staff, moment):
    moment(synthetic.nothing_known())

    part = client.get(PAGE, {"part": ""}).content.decode()

    assert "compared-" not in part.replace("bus-compared", "")
    assert part.count("Not known: the readers") == 2


def test_what_an_event_says_is_never_markup(client, staff, moment):
    one = synthetic.subscription("<script>alert(1)</script>")
    moment(synthetic.diagnosed(synthetic.facts([one])))

    part = client.get(PAGE, {"part": ""}).content.decode()

    assert "<script" not in part
    assert "&lt;script&gt;" in part
