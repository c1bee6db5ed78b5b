"""The lines of doc/install.md, to be tried word by word."""

import re
from pathlib import Path

PAGE = Path(__file__).resolve().parents[2] / "doc/install.md"


def documented(*words: str) -> str:
    """The one command of the page that has all these words."""
    blocks = re.findall(r"^```\n(.*?)^```", PAGE.read_text(), re.DOTALL | re.MULTILINE)
    commands = "".join(blocks).replace("\\\n", "").splitlines()
    found = [command for command in commands if all(word in command for word in words)]
    if len(found) != 1:
        raise AssertionError(f"{PAGE.name} has {len(found)} commands with {words}")
    return found[0]
