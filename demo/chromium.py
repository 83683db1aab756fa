"""A real browser for tests and screenshots: Debian's Chromium, driven by Playwright."""

from collections.abc import Iterator
from contextlib import contextmanager
from shutil import which

from playwright.sync_api import Browser, sync_playwright

HOW_TO_GET_IT = "No Chromium was found. On Debian: apt install --no-install-recommends chromium"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
START_WITHIN = 60_000
"""Milliseconds."""


def executable() -> str | None:
    return which("chromium") or which("chromium-browser") or which("google-chrome")


@contextmanager
def running() -> Iterator[Browser]:
    """Ends the program, saying how to get a browser, if there is none."""
    path = executable()
    if path is None:
        raise SystemExit(HOW_TO_GET_IT)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS, timeout=START_WITHIN)
        try:
            yield browser
        finally:
            browser.close()
