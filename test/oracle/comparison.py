"""What natto sent and counted beside what the oracle says."""

from collections import Counter

from oracle import Oracle


def split(oracle: Oracle, realm: int, frames: list[bytes]) -> tuple[list[bytes], list[bytes]]:
    """Frames that natto forwarded and frames that it made (from its own address, or ARP).

    It makes them aside, so the two are each in order, not together.
    """
    own = oracle.ports[realm].interface.ip.packed
    forwarded, made = [], []
    for frame in frames:
        is_made = frame[12:14] == b"\x08\x06" or (frame[26:30] == own and is_answer(frame))
        (made if is_made else forwarded).append(frame)
    return forwarded, made


def is_answer(frame: bytes) -> bool:
    """An echo reply or an error that natto made itself: TTL 64 exactly, not one less."""
    kind = frame[14 + (frame[14] & 15) * 4]
    return frame[23] == 1 and frame[22] == 64 and kind in (0, 3, 11)


def difference(kind: str, realm: int, expected: list[bytes], actual: list[bytes]) -> str | None:
    for i, (want, have) in enumerate(zip(expected, actual)):
        if want != have:
            return f"{kind} to realm {realm}, frame {i}:\n  expected {want.hex()}\n  actual   {have.hex()}"
    if len(expected) != len(actual):
        extra = (expected if len(expected) > len(actual) else actual)[min(len(expected), len(actual))]
        return f"{kind} to realm {realm}: {len(actual)} frames, expected {len(expected)}; first odd {extra.hex()}"
    return None


def difference_in_all(
    oracle: Oracle, arrived: dict[int, list[bytes]], sent: dict[int, list[bytes]], summary: dict, in_order: bool
) -> str | None:
    """The first thing that natto did otherwise with what arrived from each realm. It keeps the order of what one
    worker forwards from one realm; for all others there is none to compare (`in_order`).
    """
    order = list if in_order else sorted
    outcomes = [oracle.frame(realm, frame) for realm, frames in arrived.items() for frame in frames]
    for out in range(len(oracle.ports)):
        forwarded, made = split(oracle, out, sent[out])
        expected = [f for o in outcomes for r, f in o.forwarded if r == out]
        answers = [f for o in outcomes for r, f in o.generated if r == out]
        problem = difference("forwarded", out, order(expected), order(forwarded)) or difference(
            "made", out, sorted(answers), sorted(made)
        )
        if problem:
            return problem
    drops = Counter(o.reason for o in outcomes if o.reason)
    if drops != Counter(summary["drops"]):
        return f"drops: natto {summary['drops']}\n  expected {dict(drops)}"
    counted = {
        "received": len(outcomes),
        "translated": sum(bool(o.forwarded) for o in outcomes),
        "consumed": sum(o.consumed for o in outcomes),
        "generated": sum(len(o.generated) for o in outcomes),
        "dropped": drops.total(),
    }
    actual = {name: summary[name] for name in counted}
    return None if actual == counted else f"counters: natto {actual}, expected {counted}"
