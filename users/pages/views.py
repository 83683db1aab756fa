"""Signing up, in and out, and being forgotten, for people."""

from contextlib import suppress
from typing import cast

from django.contrib import messages
from django.contrib.auth import login, logout, update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from rest.throttling import ProvingOneself, SigningIn, SigningInAs, SigningUp
from storefront import visitor
from storefront.basket import Basket
from users import operations
from users.models import AlreadyErased, User
from users.pages.forms import AccountForm, OwnPassword, SignInForm, SignUpForm
from users.pages.limits import seconds_to_wait


@sensitive_post_parameters("password")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sign_up(request: HttpRequest) -> HttpResponse:
    form = SignUpForm(request.POST or None)
    if form.is_bound and (wait := seconds_to_wait(request, [SigningUp])):
        return _form(request, "users/sign_up.html", form, wait=wait)
    if form.is_valid() and (user := form.sign_up()):
        return _signed_in(request, user)
    return _form(request, "users/sign_up.html", form)


@sensitive_post_parameters("password")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """Whoever is signed in goes where they wanted at once: their page cookie had only grown too old."""
    if request.method != "POST" and request.user.is_authenticated:
        return _signed_in(request, request.user, anew=False)
    form = SignInForm(request.POST or None)
    if form.is_bound and (wait := seconds_to_wait(request, [SigningIn, SigningInAs])):
        return _form(request, "users/sign_in.html", form, wait=wait)
    if form.is_valid() and (user := form.user(request)):
        return _signed_in(request, user)
    return _form(request, "users/sign_in.html", form)


@never_cache
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    response = redirect("catalogue")
    _leave(request, response)
    messages.success(request, "You are signed out.")
    return response


@sensitive_post_parameters("password", "new_password")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def account(request: HttpRequest) -> HttpResponse:
    user = cast(User, request.user)
    if request.method != "POST":
        return _account(request)
    if wait := seconds_to_wait(request, [ProvingOneself]):
        return _too_often(request, wait)
    form = AccountForm(request.POST, user=user)
    try:
        changed = form.change() if form.is_valid() else None
    except AlreadyErased:  # in another tab, just now
        return redirect_to_login(reverse("account"))
    if changed is None:
        return _account(request, changing=form)
    update_session_auth_hash(request, changed)
    messages.success(request, "Your account is changed.")
    return redirect("account")


@sensitive_post_parameters("password")
@never_cache
@require_POST
def erase(request: HttpRequest) -> HttpResponse:
    """A second click finds it done."""
    if not request.user.is_authenticated:
        return redirect_to_login(reverse("account"))
    user = request.user
    if wait := seconds_to_wait(request, [ProvingOneself]):
        return _too_often(request, wait)
    form = OwnPassword(request.POST, user=user, prefix="erase")
    if not form.is_valid():
        return _account(request, erasing=form)
    with suppress(AlreadyErased):
        operations.erase_user(user_id=user.id, at=timezone.now())
    response = redirect("catalogue")
    _leave(request, response)
    messages.success(request, "Your account is erased, and with it what you had ordered. Farewell.")
    return response


def _signed_in(request: HttpRequest, user: User, *, anew: bool = True) -> HttpResponse:
    if anew:
        login(request, user)
    response = HttpResponseRedirect(_way_on(request))
    visitor.remember(response, user_id=user.id, at=timezone.now())
    return response


def _leave(request: HttpRequest, response: HttpResponse) -> None:
    logout(request)
    visitor.forget(response)
    Basket().keep(response)


def _form(
    request: HttpRequest, template: str, form: SignUpForm | SignInForm, *, wait: int = 0
) -> HttpResponse:
    """`wait`: seconds, if this was one attempt too many."""
    if wait:
        form.add_error(None, f"That was tried too often. Please wait {wait} seconds, then try again.")
    context = {"here": "sign-in", "form": form, "next": _way_on(request)}
    response = render(request, template, context, status=429 if wait else 422 if form.errors else 200)
    if wait:
        response["Retry-After"] = str(wait)
    return response


def _too_often(request: HttpRequest, wait: int) -> HttpResponse:
    messages.error(request, f"That was tried too often. Please wait {wait} seconds, then try again.")
    return redirect("account")


def _account(
    request: HttpRequest, *, changing: AccountForm | None = None, erasing: OwnPassword | None = None
) -> HttpResponse:
    user = cast(User, request.user)
    context = {
        "here": "account",
        "changing": changing or AccountForm(initial={"email": user.email}, user=user),
        "erasing": erasing or OwnPassword(user=user, prefix="erase"),
    }
    return render(request, "users/account.html", context, status=422 if changing or erasing else 200)


def _way_on(request: HttpRequest) -> str:
    """Where the visitor wanted to go, if that is one of our own pages."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    ours = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if ours else reverse("catalogue")
