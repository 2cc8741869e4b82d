"""A headless Chromium for tests of pages; none where there is no browser, or nothing to drive it with."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
)


def browser(profile: Path, *flags: str) -> Any:
    """A driver, to be quit at the end, whose browser keeps what it writes in the folder `profile`."""
    from selenium.webdriver import Chrome, ChromeOptions, ChromeService

    options = ChromeOptions()
    options.binary_location = shutil.which("chromium") or ""
    for flag in (*FLAGS, f"--user-data-dir={profile}", *flags):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    return Chrome(options=options, service=ChromeService(shutil.which("chromedriver")))


def is_there() -> bool:
    """Whether a browser, its driver and Selenium are installed."""
    from importlib.util import find_spec

    return bool(shutil.which("chromium") and shutil.which("chromedriver") and find_spec("selenium"))
