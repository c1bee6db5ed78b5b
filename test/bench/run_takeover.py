#!/usr/bin/python3
"""Measure what is lost when one natto of a pair takes over from the other: two hosts and two natto on a
bridge, each with keepalived, in network namespaces; in the cases aws-…, in a VPC with an EC2 that is made up.

Meanwhile the hosts send each other numbered datagrams, 1,000 a second in each direction, and one TCP
connection carries 100 KB/s. `lost` is the datagrams of both directions that did not arrive, `gap_ms` the
longest time without one in either, `detected_ms` the time until keepalived has elected the other, `api_ms`
the time from then on until EC2 has moved all to it. All of it has a better nice value than other programs of
the machine; `others` is what those took meanwhile, in CPUs.
"""

import argparse
import json
import os
import statistics
import sys
import time
from pathlib import Path

TESTS = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(TESTS / "e2e"), str(TESTS / "ec2")]

from lab import world  # noqa: E402
from lab.lab import Lab  # noqa: E402
from lab.numbered_stream import NumberedStream  # noqa: E402
from lab.pair import Node, Pair  # noqa: E402
from lab.patience import until  # noqa: E402
from lab.transfer import Transfer  # noqa: E402
from others import Others  # noqa: E402
from report import renew_rows  # noqa: E402
from takeover_aws import CASES as AWS_CASES  # noqa: E402
from takeover_faults import CASES as LINK_CASES  # noqa: E402
from takeover_faults import Case  # noqa: E402

CASES = LINK_CASES | AWS_CASES

PER_SECOND = 1000
PORTS = (7001, 7002)
TCP_PORT = 7003
BEFORE, AFTER = 0.5, 1.5  # seconds of traffic before the fault, and after the take-over
LONGEST = 60  # seconds that a take-over may take
NICE = -10


def settle(pair: Pair) -> Node:
    """The active one, once all is well."""
    if not until(pair.settled, LONGEST):
        states = {node.name: (node.role(), (node.folder / "health").read_text()) for node in pair.nodes}
        raise TimeoutError(f"the pair does not settle: {states}")
    return pair.active()[0]


def run_once(pair: Pair, case: Case) -> dict[str, float]:
    """What a case's lists get of one run."""
    node = settle(pair)
    other = pair.other(node)
    streams = [
        NumberedStream(pair.a, pair.b, (pair.b_mapped, PORTS[0]), PER_SECOND),
        NumberedStream(pair.b, pair.a, (pair.a_mapped, PORTS[1]), PER_SECOND),
    ]
    for stream in streams:
        stream.at_least = 0
    transfer = Transfer(pair.a, pair.b, (pair.tcp_mapped, TCP_PORT))
    with transfer, streams[0], streams[1]:
        time.sleep(BEFORE)
        fault = case.fault(pair, node)
        began = time.time()
        fault.__enter__()
        taken_over = until(lambda: pair.has_taken_over(other), LONGEST)
        time.sleep(AFTER)
    fault.__exit__(None, None, None)
    if not taken_over:
        raise TimeoutError(f"{case.text}: {other.name} did not take over")
    elected = other.elected_at()
    result = {
        "lost": sum(stream.lost for stream in streams),
        "gap_ms": round(1000 * max(stream.longest_gap for stream in streams), 1),
        "detected_ms": round(1000 * (elected - began), 1),
        "tcp_survived": transfer.survived,
    }
    moved = pair.moved_at()
    return result if moved is None else result | {"api_ms": round(1000 * (moved - elected), 1)}


def measure(natto: Path, case: Case, runs: int, advert: str) -> dict[str, object]:
    others = Others()
    with Lab(natto) as lab:
        pair = case.build(lab, natto)
        for node in pair.nodes:
            node.start_natto()
        pair.start_keepalived(advert)
        results = [run_once(pair, case) for _ in range(runs)]
    lists = {name: [result[name] for result in results] for name in results[0]}
    return lists | {"tcp_survived": sum(lists["tcp_survived"]), "others": round(others.cpus(), 1)}


LINK_HEAD = [
    "| what happens to the active natto | runs | lost: median | worst | gap in ms: median | worst "
    "| TCP survived | CPUs that others took |",
    "| --- | --- | --- | --- | --- | --- | --- | --- |",
]
AWS_HEAD = [
    "| what happens | runs | elected after ms: median | worst | calls took ms: median | worst "
    "| gap in ms: median | worst | lost: median | TCP survived | CPUs that others took |",
    "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
]


def row(case: Case, result: dict) -> str:
    runs = len(result["lost"])

    def middle(name: str) -> str:
        return f"{statistics.median(result[name]):.0f}"

    def both(name: str) -> list[str]:
        return [middle(name), f"{max(result[name]):.0f}"]

    if "api_ms" in result:
        numbers = [*both("detected_ms"), *both("api_ms"), *both("gap_ms"), middle("lost")]
    else:
        numbers = [*both("lost"), *both("gap_ms")]
    ends = [f"{result['tcp_survived']} of {runs}", f"{result['others']:.1f}"]
    return f"| {' | '.join([case.text, str(runs), *numbers, *ends])} |"


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("natto", type=Path, help="the program to measure")
    parser.add_argument("--runs", type=int, default=20, help="of each case (20)")
    parser.add_argument("--only", metavar="CASE", choices=list(CASES), help="one of " + ", ".join(CASES))
    parser.add_argument(
        "--advert", default="1", metavar="SECONDS", help="keepalived's advert_int (1; 0.1 is fast)"
    )
    parser.add_argument("--json", action="store_true", help="print an object with a member for each case")
    parser.add_argument(
        "--table",
        nargs=2,
        metavar=("FILE", "SECTION"),
        help="renew the cases' rows in this section of a Markdown file, and in SECTION-aws",
    )
    options = parser.parse_args()
    if os.geteuid() != 0:
        parser.error("only root may stop a worker and start keepalived")
    os.nice(NICE)
    world.enter()
    results, rows = {}, {}
    for name in [options.only] if options.only else CASES:
        results[name] = measure(options.natto.resolve(), CASES[name], options.runs, options.advert)
        rows[name] = row(CASES[name], results[name])
        print(rows[name], file=sys.stderr)
    if options.json:
        print(json.dumps(results))
    for suffix, head, cases in (("", LINK_HEAD, LINK_CASES), ("-aws", AWS_HEAD, AWS_CASES)):
        if of_these := [rows[name] for name in cases if name in rows]:
            if not options.json:
                print("\n".join([*head, *of_these, ""]))
            if options.table:
                order = [case.text for case in cases.values()]
                renew_rows(Path(options.table[0]), options.table[1] + suffix, head, of_these, order)
    return 0


if __name__ == "__main__":
    sys.exit(main())
