"""Tries what a program that was taken over would try, and prints as JSON what became of each attempt.

sandbox_test.py starts it in place of a service's program, with that service's restrictions.
"""

import ctypes
import errno
import json
import mmap
import os
import socket
import subprocess
import sys
from collections.abc import Callable

NATTO = int(sys.argv[1])  # the process to pry into
libc = ctypes.CDLL(None, use_errno=True)
PTRACE_SEIZE, CLONE_NEWNS, CLONE_NEWUSER, MS_BIND = 0x4206, 0x20000, 0x10000000, 0x1000
IO_URING_SETUP = 425


def call(name: str, *arguments: object) -> None:
    """A function of the C library that says by its result that it failed."""
    if getattr(libc, name)(*arguments) == -1:
        raise OSError(ctypes.get_errno(), name)


class Part(ctypes.Structure):
    _fields_ = [("start", ctypes.c_void_p), ("length", ctypes.c_size_t)]


def read_memory() -> None:
    address = next(line for line in open(f"/proc/{NATTO}/maps") if " r" in line).split("-")[0]
    here = ctypes.create_string_buffer(8)
    mine, its = Part(ctypes.addressof(here), 8), Part(int(address, 16), 8)
    call("process_vm_readv", NATTO, ctypes.byref(mine), 1, ctypes.byref(its), 1, 0)


def memory_for_code() -> None:
    mmap.mmap(-1, 4096, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS,
              mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)  # fmt: skip


def write(path: str) -> Callable[[], None]:
    """Without changing it; a folder gets a file that is removed at once."""

    def attempt() -> None:
        if os.path.isdir(path):
            file = f"{path}/probe"
            open(file, "w").close()
            os.unlink(file)
        else:
            os.close(os.open(path, os.O_WRONLY | os.O_APPEND))

    return attempt


def execute(*words: str) -> Callable[[], None]:
    def attempt() -> None:
        if subprocess.run(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode:
            raise PermissionError(errno.EACCES, words[0])

    return attempt


def open_socket(family: int, kind: int) -> Callable[[], None]:
    return lambda: socket.socket(family, kind).close()


ATTEMPTS: dict[str, Callable[[], None]] = {
    "write /etc/shadow": write("/etc/shadow"),
    "write /etc/natto/natto.toml": write("/etc/natto/natto.toml"),
    "write /usr/bin/natto": write("/usr/bin"),
    "write /root": write("/root"),
    "write /run/natto": write("/run/natto"),
    "write /run/natto-bind": write("/run/natto-bind"),
    "write /etc/natto": write("/etc/natto"),
    "write /var/lib/natto": write("/var/lib/natto"),
    "write /var/log/natto": write("/var/log/natto"),
    "execute /usr/bin/id": execute("/usr/bin/id"),
    "execute it by its loader": execute("/usr/lib64/ld-linux-x86-64.so.2", "/usr/bin/id"),
    "execute natto": execute("/usr/bin/natto", "--version"),
    "trace natto": lambda: call("ptrace", PTRACE_SEIZE, NATTO, 0, 0),
    "read natto's memory": read_memory,
    "mount": lambda: call("mount", b"/etc", b"/mnt", b"", MS_BIND, None),
    "unshare": lambda: call("unshare", CLONE_NEWNS),
    "become another user": lambda: call("setegid", 1) or call("seteuid", 1),
    "memory for code": memory_for_code,
    "io_uring": lambda: call("syscall", IO_URING_SETUP, 1, ctypes.create_string_buffer(120)),
    "socket AF_UNIX": open_socket(socket.AF_UNIX, socket.SOCK_STREAM),
    "socket AF_NETLINK": open_socket(socket.AF_NETLINK, socket.SOCK_RAW),
    "socket AF_INET": open_socket(socket.AF_INET, socket.SOCK_STREAM),
    "socket AF_PACKET": open_socket(socket.AF_PACKET, socket.SOCK_RAW),
    "socket AF_VSOCK": open_socket(socket.AF_VSOCK, socket.SOCK_STREAM),
}


def outcome(attempt: Callable[[], None]) -> str:
    try:
        attempt()
    except OSError as refusal:
        return errno.errorcode[refusal.errno]
    return "done"


# In a process of its own each, since some of them change it.
def tried(attempt: Callable[[], None]) -> str:
    reading, writing = os.pipe()
    if os.fork() == 0:
        os.write(writing, outcome(attempt).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as told:
        text = told.read()
    os.wait()
    return text or "ended"


print(json.dumps({name: tried(attempt) for name, attempt in ATTEMPTS.items()}))
