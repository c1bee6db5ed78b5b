#!/usr/bin/python3
"""The demo: natto between two companies that cannot route to each other.

With live hosts where network namespaces are permitted, else on a capture. Exit status 0 if
everything it shows is true.
"""

import signal
import sys
from pathlib import Path

import demo_live
import demo_replay
from lab import world

CONFIG = Path(__file__).resolve().parents[2] / "conf" / "natto.toml"


def main() -> int:
    if len(sys.argv) != 2:
        sys.exit("usage: demo.py NATTO")
    natto = Path(sys.argv[1])
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if reason := world.refusal():
        print(f"Live hosts need network namespaces, which are not permitted here:\n  {reason}")
        print("So the same case runs through `natto replay`, on a capture.")
        return 0 if demo_replay.run(natto, CONFIG) else 1
    world.enter()
    return 0 if demo_live.run(natto, CONFIG.with_name("mappings.toml")) else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("demo: interrupted; nothing of it is left")
