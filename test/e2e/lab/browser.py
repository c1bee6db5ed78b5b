"""A page as Chromium shows it, without a window."""

import re
from pathlib import Path

from .lab import Lab
from .namespace import Namespace

# It shall ask nobody but the page's server.
QUIET = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
SETTLED_MS = 5000  # of the page's own time, which runs faster where it only waits


def _chromium(lab: Lab, where: Namespace, size: tuple[int, int], *words: str) -> str:
    profile = lab.file("browser")
    sizes = f"--window-size={size[0]},{size[1]}"
    settled = f"--virtual-time-budget={SETTLED_MS}"
    return where.run("chromium", *QUIET, f"--user-data-dir={profile}", sizes, settled, *words)


def page(lab: Lab, where: Namespace, address: str, size: tuple[int, int] = (1180, 1400)) -> str:
    """What the page has become, as HTML."""
    return _chromium(lab, where, size, "--dump-dom", address)


def screenshot(
    lab: Lab, where: Namespace, address: str, file: Path, size: tuple[int, int] = (1180, 1400)
) -> None:
    _chromium(lab, where, size, "--hide-scrollbars", f"--screenshot={file}", address)


def text_of(html: str, place: str) -> str:
    """What a reader sees in the element whose id is `place`, up to the next one with an id."""
    [inside] = re.findall(rf'id="{place}"[^>]*>(.*?)(?=<[^>]* id="|$)', html, re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", inside)).strip()
