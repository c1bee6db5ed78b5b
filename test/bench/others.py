"""What other programs of the machine take while something is measured."""

import os
import resource
import time
from pathlib import Path


class Others:
    """How many CPUs other programs take from its making on."""

    def __init__(self) -> None:
        self._at = time.monotonic()
        self._busy, self._own = self._seconds_busy(), self._seconds_own()

    def cpus(self) -> float:
        """Once all that this program has started has ended."""
        others = (self._seconds_busy() - self._busy) - (self._seconds_own() - self._own)
        return max(0.0, others / (time.monotonic() - self._at))

    @staticmethod
    def _seconds_busy() -> float:
        """Of all CPUs, in programs and the kernel, without interrupts."""
        user, nice, system = map(int, Path("/proc/stat").read_text().split()[1:4])
        return (user + nice + system) / os.sysconf("SC_CLK_TCK")

    @staticmethod
    def _seconds_own() -> float:
        used = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
        return sum(each.ru_utime + each.ru_stime for each in used)
