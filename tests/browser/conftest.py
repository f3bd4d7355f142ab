"""Headless Chromium for the tests of this folder."""

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Error, sync_playwright


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Chromium, the system's or else playwright's; skips, saying why, where there is neither.

    Of a module and no longer: while playwright's synchronous interface is open, its event loop runs in this thread,
    and a test of another folder could not start one.
    """
    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(
                executable_path=shutil.which("chromium"), args=["--no-sandbox"], timeout=60_000
            )
        except Error:
            pytest.skip("no Chromium: neither the system's nor playwright's")
        yield browser
        browser.close()
