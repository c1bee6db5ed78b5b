"""Move what the table needs on EC2 to the network interfaces of this instance: natto-takeover aws.

What that is, `natto export --to aws` says: mapped addresses and prefixes in the ports' subnets, and routes to others.
What is here already is left alone, so that it can be run again at any time, and goes on where it was interrupted. All
calls run side by side, those that AWS throttles again and again. In the end it looks whether all has arrived. If two
instances do this at once, the last one has everything, and the other does not take it back.
"""

import argparse
import itertools
import json
import random
import subprocess
import sys
import time
import urllib.request
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field

try:
    from takeover_ec2 import AT_ONCE, ERRORS, Ec2, default_region, policy
except ImportError:
    sys.exit("natto-takeover aws: boto3 is missing: apt install python3-boto3")
from takeover_hold import Hold
from takeover_plan import Failure, Plan, Step, planners, ports_of

FAILED, SYSTEM_REFUSED = 1, 3
AGAIN = (3.0, 6.0)  # seconds after which what has not arrived is moved once more: another may have taken it


def metadata(what: str, option: str) -> str:
    """Of the instance that this runs on."""
    base = "http://169.254.169.254/latest/"
    ask = urllib.request.Request(
        base + "api/token", method="PUT", headers={"X-aws-ec2-metadata-token-ttl-seconds": "60"}
    )
    try:
        token = urllib.request.urlopen(ask, timeout=2).read().decode()
        ask = urllib.request.Request(
            f"{base}meta-data/{what}", headers={"X-aws-ec2-metadata-token": token}
        )
        return urllib.request.urlopen(ask, timeout=2).read().decode()
    except OSError as error:
        raise Failure(f"no instance metadata ({error}): give {option}") from error


def exported(config: str, *options: str) -> dict:
    words = ["natto", "export", "-c", config, "--to", "aws", *options]
    done = subprocess.run(words, capture_output=True, text=True)
    if done.returncode != 0:
        raise Failure(f"{' '.join(words)}: {done.stderr.strip()}")
    return json.loads(done.stdout)


def share(config: str, shard: str, lost: list[int]) -> dict:
    """This instance's, N/M, and what comes to it of the shares of those that are lost."""
    number, count = shard.split("/")
    wanted = exported(config, "--shard", shard)
    for other in lost:
        theirs = exported(config, "--shard", f"{other}/{count}")
        for port, port_of_other in zip(wanted["ports"], theirs["ports"], strict=True):
            for kind in ("addresses", "prefixes", "routes"):
                port[kind] += [
                    item
                    for item in port_of_other[kind]
                    if next((i for i in item["then"] if i not in lost), None) == int(number)
                ]
    return wanted


@dataclass
class Round:
    """What one look at EC2 has found to do, and what came of it if it was done."""

    steps: list[Step] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    @property
    def moved(self) -> int:
        return len(self.steps) - len(self.errors)


class Mover:
    def __init__(self, ec2: Ec2, wanted: dict, instance: str, transit: list[str]) -> None:
        """`wanted` is what `natto export` says, `transit` the Transit Gateway route tables to change."""
        self._ec2 = ec2
        self._wanted = wanted
        self._instance = instance
        self._transit = transit
        self._destinations = {r["destination"] for port in wanted["ports"] for r in port["routes"]}

    def look(self, act: bool) -> Round:
        """What has to move; if `act` is set, it is moved. A step that fails holds up no other."""
        found = Round()
        with ThreadPoolExecutor(AT_ONCE) as callers, ThreadPoolExecutor() as askers:
            own = askers.submit(self._ec2.interfaces, "attachment.instance-id", [self._instance])
            tables = askers.submit(self._ec2.route_tables, self._destinations)
            ports = ports_of(self._wanted, own.result())
            plans = planners(self._ec2, ports, tables.result(), self._transit)
            planning: set[Future[Plan]] = {askers.submit(plan) for plan in plans}
            moving: dict[Future[None], Step] = {}
            while planning:
                done, planning = wait(planning, return_when=FIRST_COMPLETED)
                for plan in (future.result() for future in done):
                    found.steps += plan.steps
                    found.missing += plan.missing
                    if act:
                        moving |= {callers.submit(self._carry_out, step): step for step in plan.steps}
            for future, step in moving.items():
                if error := future.exception():
                    if not isinstance(error, ERRORS):
                        raise error
                    found.errors.append(f"{step.text}: {error}")
        return found

    def _carry_out(self, step: Step) -> None:
        for name, parameters in step.calls:
            self._ec2.call(name, **parameters)
        print(f"moved {step.text}\n", end="", flush=True)  # in one piece: others print as well


def move_all(mover: Mover, hold: Hold, patience: float) -> int:
    """How many moves it took until all is here, as EC2 describes it. `patience` is in seconds."""
    deadline = time.monotonic() + patience
    moves, again_at, failed = 0, 0.0, False
    for pause in itertools.chain((0.2, 0.5), itertools.repeat(1)):
        act = hold.left() <= 0 and time.monotonic() >= again_at
        found = mover.look(act)
        if act and not found.errors:
            moves += found.moved
            again_at = time.monotonic() + random.uniform(*AGAIN)
        elif act:
            # It may have been done all the same, or be settled by another look. Not so the second time.
            moves += found.moved
            if failed:
                raise Failure("\n".join(found.errors + found.missing))
            failed = True
        elif found.steps and (left := hold.left()) > 0:
            print(f"all was moved here a moment ago: waits for {left:.0f} s (--hold)", flush=True)
            time.sleep(left)
            deadline += left
            continue
        elif found.steps and time.monotonic() > deadline:
            raise Failure("\n".join([f"{step.text}: has not arrived" for step in found.steps] + found.missing))
        if not found.steps:
            if moves:
                hold.begin()
            if found.missing:
                raise Failure("\n".join(found.missing))
            return moves
        time.sleep(pause)
    raise AssertionError


def take_over(options: argparse.Namespace) -> None:
    began = time.monotonic()
    wanted = (
        share(options.config, options.shard, options.lost) if options.shard else exported(options.config)
    )
    region = options.region or default_region() or metadata("placement/region", "--region")
    instance = options.instance or metadata("instance-id", "--instance")
    mover = Mover(Ec2(region, options.endpoint), wanted, instance, options.transit_gateway_table)
    if options.dry_run:
        found = mover.look(act=False)
        lines = [f"would move {step.text}" for step in found.steps] + found.missing
        print("\n".join(lines) or "all is here")
        return
    hold = Hold(options.hold)
    while True:
        moves = move_all(mover, hold, options.wait)
        print(f"all is here: {moves} moves in {time.monotonic() - began:.1f} s", flush=True)
        if options.keep is None:
            return
        while not mover.look(act=False).steps:
            time.sleep(options.keep)
        # It may be that this instance is no longer elected, and does not know it yet.
        print(f"not all is here any more: takes it back in {options.hold:g} s (--hold)", flush=True)
        time.sleep(options.hold)
        began = time.monotonic()


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="natto-takeover aws",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("-c", "--config", default="/etc/natto/natto.toml", help="(/etc/natto/natto.toml)")
    parser.add_argument("--instance", help="its id; else that of its metadata")
    parser.add_argument("--region", help="else that of the environment, of ~/.aws/config, or of the instance")
    parser.add_argument("--endpoint", metavar="URL", help="of EC2, as a VPC endpoint's; else the region's")
    parser.add_argument(
        "--transit-gateway-table",
        metavar="ID",
        action="append",
        default=[],
        help="one whose static routes to mapped prefixes are to lead to this instance's VPC; may be repeated",
    )
    parser.add_argument("--shard", metavar="N/M", help="only the share of instance N of M")
    parser.add_argument(
        "--lost",
        type=int,
        metavar="K",
        action="append",
        default=[],
        help="with --shard: instance K is lost, and what of its share comes to this one moves too; may be repeated",
    )
    parser.add_argument("--wait", type=float, default=60, help="seconds for all to arrive (60)")
    parser.add_argument(
        "--hold", type=float, default=10, help="seconds before all may be moved here again (10)"
    )
    parser.add_argument(
        "--keep",
        type=float,
        metavar="SECONDS",
        help="do not end, but look so often whether all is here still, and take it back (after --hold)",
    )
    parser.add_argument("--dry-run", action="store_true", help="say what would be moved")
    parser.add_argument("--policy", action="store_true", help="print the IAM policy that this needs")
    options = parser.parse_args()
    if options.lost and not options.shard:
        parser.error("--lost: only with --shard")
    if options.policy:
        print(policy(transit=bool(options.transit_gateway_table)))
        return 0
    try:
        take_over(options)
    except Failure as error:
        print(error, file=sys.stderr)
        return FAILED
    except ERRORS as error:
        print(f"AWS: {error}", file=sys.stderr)
        return SYSTEM_REFUSED
    return 0


if __name__ == "__main__":
    sys.exit(main())
