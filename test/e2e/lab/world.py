"""The private world: an own network and /run, which the kernel removes with this process.

`ip netns` keeps its names in /run/netns, and DPDK its sockets in /run/dpdk. Behind a private mount
on /run both belong to this process alone, so labs can run side by side. Works as root, and as
anybody where the kernel lets users have namespaces of their own.
"""

import ctypes
import os
from pathlib import Path

from .command import CommandFailed, run

CLONE_NEWNS = 0x00020000
CLONE_NEWUSER = 0x10000000
CLONE_NEWNET = 0x40000000

_libc = ctypes.CDLL(None, use_errno=True)


class Refused(Exception):
    """The system does not let this process have a world of its own."""


def _checked(result: int) -> None:
    if result != 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))


def setns(descriptor: int) -> None:
    """Move the calling thread into the network namespace open at `descriptor`."""
    _checked(_libc.setns(descriptor, CLONE_NEWNET))


def _unshare_as_root_of_own_users() -> None:
    uid, gid = os.getuid(), os.getgid()
    _checked(_libc.unshare(CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWNS))
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"0 {uid} 1")
    Path("/proc/self/gid_map").write_text(f"0 {gid} 1")


def _unshare_somehow() -> None:
    try:
        _checked(_libc.unshare(CLONE_NEWNET | CLONE_NEWNS))
    except OSError as as_itself:
        try:
            _unshare_as_root_of_own_users()
        except OSError as as_root:
            raise Refused(
                f"the kernel gives this process no network namespace ({as_itself.strerror}), "
                f"not with users of its own either ({as_root.strerror})"
            ) from as_root


def enter() -> None:
    """Move this process, which must have one thread only, into a new world; or raise Refused."""
    _unshare_somehow()
    os.environ["STATE_DIRECTORY"] = "/run/natto-state"  # what nattos keep goes as well
    try:
        run("mount", "--make-rprivate", "/")
        run("mount", "-t", "tmpfs", "-o", "mode=755", "lab", "/run")
        run("ip", "link", "set", "dev", "lo", "up")
    except CommandFailed as error:
        raise Refused(str(error)) from error


def _try_out() -> str:
    """Do in a world what labs do there; the first thing that is forbidden, or an empty string."""
    try:
        enter()
        run("ip", "netns", "add", "trial")
        run("ip", "link", "add", "one", "type", "veth", "peer", "name", "two", "netns", "trial")
        Path("/proc/sys/net/ipv4/ip_forward").write_text("1")
    except (Refused, CommandFailed, OSError) as error:
        return str(error)
    return ""


def refusal() -> str:
    """Why there can be no world here, or an empty string. Tried by another process."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.write(writer, _try_out().encode())
        finally:
            os._exit(0)
    os.close(writer)
    os.waitpid(child, 0)
    with open(reader, encoding="utf-8") as answer:
        return answer.read()
