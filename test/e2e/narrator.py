"""What the demo prints: its steps as they happen, and at the end what they proved."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class Narrator:
    def __init__(self) -> None:
        self._claims: list[tuple[bool, str]] = []

    def step(self, action: Callable[[], T], told: Callable[[T], str]) -> T:
        """Do `action`, and print its duration and what `told` makes of its result."""
        start = time.monotonic()
        result = action()
        print(f"{time.monotonic() - start:7.1f} s  {told(result)}", flush=True)
        return result

    def section(self, title: str, lines: list[str]) -> None:
        """Print indented lines under a title."""
        print(f"\n{title}")
        for line in lines:
            print(f"  {line}")

    def claim(self, holds: bool, text: str) -> None:
        """Remember what was proved, or was not."""
        self._claims.append((holds, text))

    def conclude(self) -> bool:
        """Print every claim; whether all hold."""
        self.section(
            "Proved:", [f"{'ok' if holds else 'FALSE':6} {text}" for holds, text in self._claims]
        )
        return all(holds for holds, _ in self._claims)
