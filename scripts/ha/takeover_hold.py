"""The hold time of natto-takeover aws: who has moved something to himself does not begin to do so again before it is over.

So two instances that both mean to be elected do not take everything from each other in turns: the last one that has
moved it keeps it meanwhile.
"""

import os
import time
from pathlib import Path


class Hold:
    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        # Gone with a reboot, as the clock is that it has the time of.
        self._file = Path(os.environ.get("NATTO_TAKEOVER", "/run/natto-takeover")) / "moved"

    def left(self) -> float:
        """Seconds for which all has to stay where it is; 0 or less if it may move."""
        try:
            return float(self._file.read_text()) + self._seconds - self._now()
        except (FileNotFoundError, ValueError):
            return 0.0

    def begin(self) -> None:
        """Something has been moved here."""
        self._write(f"{self._now()}\n")

    def check(self) -> None:
        """Raises OSError if it could not begin."""
        self._write(self._file.read_text() if self._file.exists() else "")

    def _write(self, text: str) -> None:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        whole = self._file.with_suffix(".new")
        whole.write_text(text)
        whole.replace(self._file)

    @staticmethod
    def _now() -> float:
        return time.clock_gettime(time.CLOCK_BOOTTIME)
