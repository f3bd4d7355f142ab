"""The explorer's first page, from its address until the newest blocks are shown, over a filled state.

In headless Chromium, where it and Playwright are installed (`make test` sets Playwright up), each time with an empty
cache. Without them there are no figures.
"""

import shutil
import statistics
import tempfile
import time
from pathlib import Path

from benchmarks.http import load, server

TIMES = 7


def run(full: bool) -> dict[str, float]:
    """Return the figures, over a state of 1,000,000 keys or 100,000."""
    keys = 1_000_000 if full else 100_000
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        return {"explorer_shown_count": 0.0}
    chromium = shutil.which("chromium")
    if chromium is None:
        return {"explorer_shown_count": 0.0}
    sizes = ("--keys", str(keys), "--singles", "5000", "--together", "50000")
    with (
        tempfile.TemporaryDirectory(prefix=".benchmark-", dir=Path.cwd()) as name,
        server(Path(name), *sizes) as served,
    ):
        load(served, "together", "application/cbor", 4, 2)
        time.sleep(2)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            times = []
            for _ in range(TIMES):
                context = browser.new_context(viewport={"width": 1280, "height": 860})
                page = context.new_page()
                begun = time.perf_counter()
                page.goto(served.url)
                page.locator("a[href*='/blocks/']").first.wait_for()
                times.append((time.perf_counter() - begun) * 1000)
                context.close()
            browser.close()
    return {
        "explorer_shown_count": float(TIMES),
        "explorer_keys_in_state_count": float(keys),
        "explorer_first_page_p50_ms": round(statistics.median(times), 1),
        "explorer_first_page_worst_ms": round(max(times), 1),
    }
