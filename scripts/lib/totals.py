"""Add up JUnit files and print `N passed, N failed, N skipped`; exit 1 if anything failed."""

import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path


# Tests that write a report of their own, with a line for each of their cases.
REPORTED_APART = {"golden", "random replay", "e2e", "parity", "ec2"}


def outcome(case: ElementTree.Element) -> str:
    """passed, failed or skipped."""
    if case.find("failure") is not None or case.find("error") is not None:
        return "failed"
    return "skipped" if case.find("skipped") is not None else "passed"


def main(files: list[str]) -> int:
    totals = {"passed": 0, "failed": 0, "skipped": 0}
    for file in files:
        if not Path(file).exists():
            print(f"{file} is missing: its tests did not run to their end")
            totals["failed"] += 1
            continue
        for case in ElementTree.parse(file).iter("testcase"):
            # Newer versions of meson put the suite before the name: "natto:golden / random replay".
            if case.get("name", "").rpartition(" / ")[2] in REPORTED_APART:
                continue
            result = outcome(case)
            totals[result] += 1
            if result == "failed":
                print(f"failed: {Path(file).name}: {case.get('classname', '')} {case.get('name')}")
    print("{passed} passed, {failed} failed, {skipped} skipped".format(**totals))
    return 1 if totals["failed"] or not totals["passed"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
