"""The differences that natto makes on purpose. Each is a class with a name, which doc/parity.md
explains, and a rule that says exactly which pairs of outputs belong to it.
"""

from collections.abc import Callable

from cases import Case, other
from rules import is_pair_without_a_rule

Output = list[tuple[str, bytes]]

ICMP = 1


def _header_length(packet: bytes) -> int:
    return (packet[0] & 15) * 4


def reassembled(output: Output) -> tuple[str, bytes] | None:
    """Side, and the one packet that the fragments make: header fields that stay, and the payload."""
    if not output:
        return None
    pieces = {}
    total = None
    for _, packet in output:
        field = int.from_bytes(packet[6:8], "big")
        payload = packet[_header_length(packet) :]
        offset = (field & 0x1FFF) * 8
        pieces[offset] = payload
        if not field & 0x2000:
            total = offset + len(payload)
    data = b""
    for offset in sorted(pieces):
        if offset != len(data):
            return None
        data += pieces[offset]
    if len(data) != total or len({side for side, _ in output}) != 1:
        return None
    side, packet = output[0]
    kept = packet[1:2] + packet[4:6] + packet[8:10] + packet[12:20]  # TOS, ID, TTL, protocol, ends
    return side, kept + data


def _own_error(output: Output, case: Case) -> bytes | None:
    """The one ICMP error that went back to the sender: its length, destination and message. Not who
    sent it, nor TOS, identification and DF of its header.
    """
    if len(output) != 1 or output[0][0] != case.side:
        return None
    packet = output[0][1]
    if packet[9] != ICMP:
        return None
    return packet[2:4] + packet[16:]


def _forwarded(output: Output, case: Case) -> bool:
    return len(output) == 1 and output[0][0] == other(case.side)


def _nothing_or_told(output: Output, case: Case) -> bool:
    return not output or _own_error(output, case) is not None


def _nothing_or_no_route(output: Output, case: Case) -> bool:
    if len(output) != 1:
        return not output
    ((side, packet),) = output
    message = packet[_header_length(packet) :]
    return side == case.side and packet[9] == ICMP and message[:2] == b"\3\0"


def fragments_not_gathered(case: Case, kernel: Output, natto: Output) -> bool:
    return (
        case.kind == "fragments"
        and reassembled(natto) is not None
        and reassembled(kernel) == reassembled(natto)
    )


def errors_come_from_natto_itself(case: Case, kernel: Output, natto: Output) -> bool:
    mine = _own_error(natto, case)
    return (
        case.kind in ("ttl_expired", "too_big")
        and mine is not None
        and _own_error(kernel, case) == mine
    )


def unmapped_source_is_told(case: Case, kernel: Output, natto: Output) -> bool:
    error = _own_error(natto, case)
    told = error is not None and error[6:8] == b"\3\r"
    return case.kind == "unmapped" and told and _nothing_or_no_route(kernel, case)


def unmapped_destination_is_silent(case: Case, kernel: Output, natto: Output) -> bool:
    return case.kind == "unmapped" and not natto and _own_error(kernel, case) is not None


def needs_no_connection(case: Case, kernel: Output, natto: Output) -> bool:
    return (
        case.kind in ("reply_unasked", "tcp_reset_unasked")
        and _forwarded(natto, case)
        and _nothing_or_told(kernel, case)
    )


def damage_stays_visible(case: Case, kernel: Output, natto: Output) -> bool:
    return (
        case.kind == "bad_transport_checksum"
        and _forwarded(natto, case)
        and _nothing_or_told(kernel, case)
    )


def records_no_route(case: Case, kernel: Output, natto: Output) -> bool:
    return case.kind == "record_route" and not natto and _forwarded(kernel, case)


def hairpin(case: Case, kernel: Output, natto: Output) -> bool:
    return (
        case.kind == "hairpin"
        and len(natto) == 1
        and natto[0][0] == case.side
        and _nothing_or_no_route(kernel, case)
    )


def pair_without_a_rule(case: Case, kernel: Output, _natto: Output) -> bool:
    """What natto does with it shows the other form, in which rules name every pair."""
    return is_pair_without_a_rule(case) and _nothing_or_no_route(kernel, case)


CLASSES: list[Callable[[Case, Output, Output], bool]] = [
    fragments_not_gathered,
    errors_come_from_natto_itself,
    unmapped_source_is_told,
    unmapped_destination_is_silent,
    needs_no_connection,
    damage_stays_visible,
    records_no_route,
    hairpin,
]
# With the rules for pairs.
OF_PAIRS = [pair_without_a_rule, *CLASSES]


def class_of(case: Case, kernel: Output, natto: Output, form: str) -> str | None:
    """Its name; None if no class has this difference."""
    for rule in OF_PAIRS if form == "for_pairs" else CLASSES:
        if rule(case, kernel, natto):
            return rule.__name__
    return None
