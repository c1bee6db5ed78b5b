"""SIP with sipp, STUN and TURN with coturn: calls between a client at A and a server at B."""

import re

from border import by_a, by_b
from lab.real_case import A_MAPPED, A_REAL, B_MAPPED, B_REAL

ONE_CALL = ("-m", "1", "-timeout", "10", "-timeout_error", "-nostdin", "-cid_str", "%u-%p@call")
TURN_PORT = 3478


def scenario(border, name: str, mapped: str) -> str:
    """One of sipp's own, but with the mapped address wherever it says its own."""
    text = border.a.run("sh", "-c", f"sipp -sd {name} || true")
    assert "[local_ip]" in text and "[media_ip]" in text
    return str(border.file(f"{name}.xml", text.replace("[local_ip]", mapped).replace("[media_ip]", mapped)))


def call(border, start, server: tuple[str, ...], client: tuple[str, ...]) -> None:
    folder = str(border.folder("sipp"))
    start(border.b, "udp", 5060, "env", "-C", folder, "sipp", *server, "-i", B_REAL, "-p", "5060", "-nostdin")
    border.a.run("env", "-C", folder, "sipp", *client, f"{B_MAPPED}:5060", "-i", A_REAL, "-p", "5060", *ONE_CALL)


def test_sip_tells_both_sides_real_addresses(border, start) -> None:
    with border.finds(by_a("SIP"), by_b("SIP")):
        call(border, start, ("-sn", "uas"), ("-sn", "uac"))


def test_sip_works_with_mapped_addresses_in_contact_and_sdp(border, start) -> None:
    server, client = scenario(border, "uas", B_MAPPED), scenario(border, "uac", A_MAPPED)
    with border.finds():
        call(border, start, ("-sf", server), ("-sf", client))


def turn_server(border, start, *settings: str) -> None:
    start(
        *(border.b, "udp", TURN_PORT),
        *("turnserver", "-c", str(border.file("turnserver.conf")), "--no-cli", "--no-tls", "--no-dtls", "--log-file=stdout"),
        *(f"--listening-ip={B_REAL}", f"--pidfile={border.file('turn.pid')}", f"--db={border.folder('turn')}/users"),
        *("--lt-cred-mech", "--realm=b.example", "--user=user:secret", *settings),
    )


def relayed(border) -> str:
    """The relay's address that a client is given."""
    words = ("turnutils_uclient", "-v", "-u", "user", "-w", "secret", "-y", "-c", "-n", "1", "-m", "1", B_MAPPED)
    said = border.a.run("sh", "-c", f"timeout 10 {' '.join(words)} 2>&1 || true")
    assert (found := re.search(r"relay addr: ([\d.]+):", said)), said
    return found[1]


def test_stun_tells_the_mapped_address_and_where_the_answer_comes_from(border, start) -> None:
    turn_server(border, start, "--stun-only")
    with border.finds(by_b("STUN, TURN", "stun.att.ipv4")):
        said = border.a.run("turnutils_stunclient", B_MAPPED)
        assert f"UDP reflexive addr: {A_MAPPED}" in said, said


def test_stun_works_without_the_origin_of_answers(border, start) -> None:
    turn_server(border, start, "--stun-only", "--no-rfc5780", "--response-origin-only-with-rfc5780")
    with border.finds():
        said = border.a.run("turnutils_stunclient", B_MAPPED)
        assert f"UDP reflexive addr: {A_MAPPED}" in said, said


def test_turn_tells_the_relays_real_address(border, start) -> None:
    turn_server(border, start)
    with border.finds(by_b("STUN, TURN", "stun.att.ipv4")):
        assert relayed(border) == B_REAL


def test_turn_works_with_an_external_address(border, start) -> None:
    turn_server(border, start, f"--external-ip={B_MAPPED}/{B_REAL}")
    with border.finds():
        assert relayed(border) == B_MAPPED
