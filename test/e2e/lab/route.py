"""What a host finds out about the way to an address."""

import json
import re
from dataclasses import dataclass

from .namespace import Namespace

NOBODY = "*"
MOST_HOPS = "12"


def traceroute(
    source: Namespace, destination: str, *options: str, patience_seconds: float = 10
) -> list[str]:
    """The address of every hop, the destination's last; NOBODY where none answers."""
    # Never give a hop up early because others answered fast.
    wait = f"{patience_seconds},0,0"
    words = ("traceroute", "-n", "-q", "1", "-m", MOST_HOPS, "-w", wait, *options, destination)
    text = source.run(*words)
    return re.findall(r"^ *\d+  (\S+)", text, re.MULTILINE)


@dataclass(frozen=True)
class PathMtu:
    """What `tracepath` printed."""

    mtu: int
    announced_by: str  # the hop that said so, or NOBODY if it was known before
    reached: bool


def tracepath(source: Namespace, destination: str) -> PathMtu:
    text = source.run("tracepath", "-n", "-m", MOST_HOPS, destination)
    result = re.search(r"Resume: pmtu (\d+)", text)
    if result is None:
        raise RuntimeError(text)
    announcements = re.findall(r"^ *\d+:  (\S+) .* pmtu \d+$", text, re.MULTILINE)
    announced_by = announcements[-1] if announcements else NOBODY
    return PathMtu(int(result[1]), announced_by, "reached" in text)


def learned_mtu(source: Namespace, destination: str) -> int | None:
    """The path MTU in the route to an address, if it has one."""
    route = json.loads(source.run("ip", "-json", "route", "get", destination))[0]
    return next((metric["mtu"] for metric in route.get("metrics", []) if "mtu" in metric), None)
