"""DNS: what B's name server, dnsmasq, says to a client at A. Forwarders on both sides: test/e2e/names_test.py."""

import re

from border import by_b
from lab.real_case import B_MAPPED, B_REAL

NAME = "web.b.example"
HIDDEN_PORT = 5353
QUIETLY = ("--keep-in-foreground", "--conf-file=/dev/null", "--no-resolv", "--no-hosts", "--bind-interfaces", "--user=root",
           "--pid-file=")  # fmt: skip


def name_server(border, start, address: str, port: int, *settings: str) -> None:
    start(border.b, "udp", port, "dnsmasq", *QUIETLY, f"--listen-address={address}", f"--port={port}", *settings)


def ask(border, *words: str) -> list[str]:
    return re.findall(r"\tIN\t(?:A|PTR)\t(\S+)", border.a.run("drill", *words, f"@{B_MAPPED}"))


def test_dns_answers_with_real_addresses(border, start) -> None:
    name_server(border, start, B_REAL, 53, f"--host-record={NAME},{B_REAL}")
    with border.finds(by_b("DNS", "dns.a")):
        assert ask(border, "A", NAME) == [B_REAL]


def test_a_dns_answer_does_not_tell_the_address_that_was_asked_for(border, start) -> None:
    name_server(border, start, B_REAL, 53, f"--host-record={NAME},{B_REAL}")
    with border.finds():
        assert ask(border, "-x", B_REAL) == [f"{NAME}."]


def test_dns_works_with_rewritten_answers(border, start) -> None:
    name_server(border, start, "127.0.0.1", HIDDEN_PORT, f"--host-record={NAME},{B_REAL}")
    name_server(border, start, B_REAL, 53, f"--server=127.0.0.1#{HIDDEN_PORT}", f"--alias={B_REAL},{B_MAPPED}")
    with border.finds():
        assert ask(border, "A", NAME) == [B_MAPPED]
