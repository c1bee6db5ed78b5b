"""What stops, under which name, and what the sender is told."""

from golden import A, B, Ether, Raw, answer, write
from scapy.layers.inet import ICMP, IP, TCP, UDP, IPOption, IPOption_LSRR, IPOption_RR, IPOption_SSRR, IPOption_Timestamp

A_SENDS = {"src": "10.1.1.10", "dst": "172.30.7.20"}
SILENT = "[icmp]\nerrors_per_second = 0\n"


def changed(packet: IP, at: int, value: int) -> bytes:
    """A byte of the header changed, and the header checksum put right by Scapy again."""
    data = bytearray(bytes(packet))
    data[at] = value
    data[10:12] = b"\0\0"
    header = IP(bytes(data))
    del header.chksum
    return bytes(data[:10]) + bytes(header)[10:12] + bytes(data[12:])


def told(packet: IP, **icmp) -> Ether:
    """natto's ICMP error about `packet`."""
    quote = Raw(bytes(packet)[:548])
    return answer(A, IP(tos=0xC0, id=0, flags="DF", src="10.1.0.1", dst=packet.src) / ICMP(**icmp) / quote)


GOOD = IP(**A_SENDS) / UDP(sport=5000, dport=53) / b"good"
WHOLE = bytes(GOOD)

write(
    "101_R13_H4_damaged_headers",
    arrives={
        A: [
            WHOLE[:19],
            changed(GOOD, 0, 0x55),
            changed(GOOD, 0, 0x44),
            changed(GOOD, 3, 19),
            changed(GOOD, 3, 33),
            WHOLE[:10] + b"\x12\x34" + WHOLE[12:],
        ]
    },
    drops={
        "ip_header_truncated": 1,
        "ip_version_not_4": 1,
        "ip_header_length_too_small": 1,
        "ip_total_length_too_small": 1,
        "ip_total_length_beyond_frame": 1,
        "ip_checksum_bad": 1,
    },
)
write(
    "102_R23_H7_options_that_stop",
    arrives={
        A: [
            IP(options=[option], **A_SENDS) / UDP()
            for option in (
                IPOption_LSRR(routers=["1.2.3.4"]),
                IPOption_SSRR(routers=["1.2.3.4"]),
                IPOption_RR(routers=["0.0.0.0"]),
                IPOption_Timestamp(),
                IPOption(b"\x5e\x00\x00\x00"),
                IPOption(b"\x5e\x01\x00\x00"),
                IPOption(b"\x5e\x09\x00\x00"),
            )
        ]
    },
    drops={"ip_options_malformed": 3, "ip_source_route": 2, "ip_record_route": 2},
)
write(
    "103_H8_truncated_transport",
    arrives={
        A: [IP(proto=6, **A_SENDS) / Raw(bytes(19)), IP(proto=17, **A_SENDS) / Raw(bytes(7)), IP(proto=1, **A_SENDS) / Raw(bytes(7))]
        + [IP(**A_SENDS) / UDP(len=length) / Raw(b"data") for length in (0, 7, 13)]
    },
    drops={"l4_header_truncated": 3, "udp_length_bad": 3},
)
write(
    "104_H9_H10_fragments_that_stop",
    arrives={
        A: [
            IP(flags="MF", proto=6, **A_SENDS) / Raw(bytes(16)),
            IP(frag=1, proto=6, **A_SENDS) / Raw(bytes(40)),
            IP(frag=8191, proto=17, **A_SENDS) / Raw(bytes(8)),
            IP(flags="MF", frag=2, proto=17, **A_SENDS) / Raw(bytes(13)),
        ]
    },
    drops={"fragment_length_bad": 1, "fragment_beyond_64k": 1, "tcp_fragment_tiny": 2},
)
write(
    "105_R21_R22_H11_addresses_that_stop",
    arrives={
        A: [IP(src=s, dst="172.30.7.20") / UDP() for s in ("0.1.2.3", "127.0.0.1", "169.254.1.1", "224.0.0.1", "240.0.0.1", "255.255.255.255")]
        + [IP(src="10.1.1.10", dst=d) / UDP() for d in ("0.1.2.3", "127.0.0.1", "169.254.169.254", "240.0.0.1")]
        + [IP(src="10.1.1.10", dst=d) / UDP() for d in ("255.255.255.255", "10.1.255.255", "224.0.0.251")]
        + [IP(src="10.1.1.10", dst="10.1.1.10") / UDP(), IP(src="10.1.0.1", dst="172.30.7.20") / UDP()]
    },
    drops={"source_martian": 6, "destination_martian": 4, "destination_broadcast": 3, "source_is_destination": 1, "source_is_own_address": 1},
)
EXPIRED = [IP(ttl=ttl, **A_SENDS) / UDP() / b"old" for ttl in (0, 1)]
write(
    "106_R14_R18_R20_H12_time_exceeded",
    arrives={
        A: EXPIRED
        + [IP(ttl=2, **A_SENDS) / UDP() / b"old"]
        + [IP(ttl=1, frag=5, proto=17, **A_SENDS) / Raw(bytes(8)), IP(ttl=1, **A_SENDS) / UDP() / Raw(bytes(1000))]
    },
    leaves={
        A: [told(p, type=11, code=0) for p in EXPIRED] + [told(IP(ttl=1, **A_SENDS) / UDP() / Raw(bytes(1000)), type=11, code=0)],
        B: [IP(ttl=1, src="172.31.1.10", dst="192.168.7.20") / UDP() / b"old"],
    },
    generated=3,
    drops={"ttl_expired": 4},
)
BIG = IP(flags="DF", **A_SENDS) / UDP() / Raw(bytes(800))
write(
    "107_R15_fragmentation_needed",
    b="mtu = 700",
    arrives={A: [BIG]},
    leaves={A: [told(BIG, type=3, code=4, nexthopmtu=700)]},
    generated=1,
    drops={"exceeds_mtu": 1},
)
STRANGER = IP(src="10.1.1.99", dst="172.30.7.20") / TCP()
write(
    "108_R24_administratively_prohibited",
    arrives={A: [STRANGER, IP(src="10.1.1.10", dst="172.30.7.99") / TCP()]},
    leaves={A: [told(STRANGER, type=3, code=13)]},
    generated=1,
    drops={"source_not_mapped": 1, "destination_not_mapped": 1},
)
TO_NEIGHBOUR = IP(src="10.1.1.10", dst="172.31.1.11") / UDP(sport=5000, dport=53) / b"hairpin"
SEEN_BY_NEIGHBOUR = IP(src="172.31.1.10", dst="10.1.1.11") / UDP(sport=5000, dport=53) / b"hairpin"
NEIGHBOURS = [
    ("one", A, "10.1.1.10", "172.31.1.10"),
    ("two", A, "10.1.1.11", "172.31.1.11"),
    ("host-b", B, "192.168.7.20", "172.30.7.20"),
]
# A hairpin, one that expires here as well, an error about a hairpin, and what goes to company b.
write(
    "115_R38_hairpin_drop",
    a='hairpin = "drop"',
    mappings=NEIGHBOURS,
    arrives={
        A: [
            TO_NEIGHBOUR,
            IP(src="10.1.1.11", dst="172.31.1.10", ttl=1) / UDP() / b"old",
            IP(src="10.1.1.11", dst="172.31.1.10") / ICMP(type=3, code=3) / SEEN_BY_NEIGHBOUR,
            GOOD,
        ]
    },
    leaves={
        A: [
            told(TO_NEIGHBOUR, type=3, code=13),
            told(IP(src="10.1.1.11", dst="172.31.1.10", ttl=1) / UDP() / b"old", type=3, code=13),
        ],
        B: [IP(ttl=63, src="172.31.1.10", dst="192.168.7.20") / UDP(sport=5000, dport=53) / b"good"],
    },
    generated=2,
    drops={"hairpin_not_allowed": 3},
)
write(
    "109_R19_errors_switched_off",
    more=SILENT,
    arrives={A: [STRANGER, *EXPIRED]},
    drops={"source_not_mapped": 1, "ttl_expired": 2},
)
write("110_R5_authentication_header", arrives={A: [IP(proto=51, **A_SENDS) / Raw(bytes(24))]}, drops={"authentication_header": 1})

QUOTE = IP(src="172.31.1.10", dst="192.168.7.20", ttl=60) / UDP(sport=1, dport=2) / b"quoted"
FROM_B = {"src": "192.168.7.20", "dst": "172.31.1.10"}
BAD_SUM = bytearray(bytes(IP(**FROM_B) / ICMP(type=3, code=1) / QUOTE))
BAD_SUM[-1] ^= 1
write(
    "111_R26_R28_R31_R33_R34_R35_R37_icmp_errors_that_stop",
    arrives={
        B: [
            bytes(BAD_SUM),
            IP(**FROM_B) / ICMP(type=3, code=1) / Raw(bytes(QUOTE)[:19]),
            IP(**FROM_B) / ICMP(type=3, code=1) / (IP(src="172.31.1.11", dst="192.168.7.20") / UDP()),
            IP(**FROM_B) / ICMP(type=3, code=1) / (IP(src="172.31.1.10", dst="192.168.7.99") / UDP()),
            IP(**FROM_B) / ICMP(type=5, code=1, gw="192.168.7.1") / QUOTE,
            IP(**FROM_B) / ICMP(type=4) / QUOTE,
            IP(**FROM_B) / ICMP(type=3, code=1) / (IP(src="172.31.1.10", dst="192.168.7.20") / ICMP(type=3, code=3) / QUOTE),
            IP(flags="MF", **FROM_B) / ICMP(type=3, code=1) / Raw(bytes(QUOTE)[:32]),
        ]
    },
    drops={
        "icmp_type_not_forwarded": 2,
        "icmp_error_fragmented": 1,
        "icmp_error_quote_bad": 1,
        "icmp_error_nested": 1,
        "icmp_error_destination_differs": 1,
        "icmp_checksum_bad": 1,
        "icmp_error_not_mapped": 1,
    },
)
SEEN_BY_A = IP(src="10.1.1.10", dst="172.30.7.20", ttl=60) / UDP(sport=1, dport=2) / b"quoted"
ROUTER = {"src": "198.51.100.1", "dst": "172.31.1.10"}
for number, policy, source in ((112, "own", "10.1.0.1"), (113, "mapped-destination", "172.30.7.20")):
    write(
        f"{number}_R32_outer_source_{policy.replace('-', '_')}",
        more=f'[icmp]\nouter_source = "{policy}"\n',
        arrives={B: [IP(**ROUTER) / ICMP(type=11) / QUOTE]},
        leaves={A: [IP(src=source, dst="10.1.1.10", ttl=63) / ICMP(type=11) / SEEN_BY_A]},
    )
write(
    "114_R32_outer_source_drop",
    more='[icmp]\nouter_source = "drop"\n',
    arrives={B: [IP(**ROUTER) / ICMP(type=11) / QUOTE]},
    drops={"icmp_error_source_not_mapped": 1},
)
