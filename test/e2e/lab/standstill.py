"""Threads of other processes that stand still for a while, as a debugger makes them."""

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SEIZE, INTERRUPT, DETACH = 0x4206, 0x4207, 17
WAIT_FOR_ANY_THREAD = 0x40000000

_libc = ctypes.CDLL(None, use_errno=True)


def _ptrace(request: int, thread: int) -> None:
    if _libc.ptrace(ctypes.c_long(request), ctypes.c_long(thread), None, None) != 0:
        error = ctypes.get_errno()
        raise OSError(error, f"ptrace({request:#x}): {os.strerror(error)}")


def worker_of(natto: int) -> int:
    """The thread of its only worker. DPDK's releases name it differently."""
    tasks = Path(f"/proc/{natto}/task").iterdir()
    (worker,) = (task for task in tasks if "worker" in (task / "comm").read_text())
    return int(worker.name)


@contextmanager
def standing_still(thread: int) -> Iterator[None]:
    """The other threads of its process go on."""
    _ptrace(SEIZE, thread)
    _ptrace(INTERRUPT, thread)
    os.waitpid(thread, WAIT_FOR_ANY_THREAD)
    try:
        yield
    finally:
        _ptrace(DETACH, thread)
