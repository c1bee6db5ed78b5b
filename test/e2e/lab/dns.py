"""A DNS server with answers of any length, and its client; over UDP only."""

import re

from .lab import Lab
from .namespace import Namespace

PORT = 53
LONGEST_ANSWER = 4096  # bytes, offered in EDNS(0)


def serve(lab: Lab, host: Namespace, name: str, texts: list[str]) -> None:
    """Answer questions for the TXT records of `name` until the lab ends."""
    lab.server(
        *(host, "udp", PORT),
        *("dnsmasq", "--no-daemon", "--conf-file=/dev/null", "--no-resolv", "--no-hosts"),
        f"--edns-packet-max={LONGEST_ANSWER}",
        *(f"--txt-record={name},{text}" for text in texts),
    )


def ask(client: Namespace, server: str, name: str) -> list[str]:
    """The TXT records that one answer brings, sorted."""
    words = ("drill", "-b", str(LONGEST_ANSWER), "-o", "rd", "TXT", name, f"@{server}")
    return sorted(re.findall(r'\tTXT\t"(.*)"', client.run(*words)))
