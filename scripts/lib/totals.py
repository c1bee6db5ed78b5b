"""Add up JUnit reports and print `N passed, N failed, N skipped`; exit 1 if anything failed.

usage: totals.py REPORT|BUILD...

BUILD is a folder: of each test that meson ran there last, the report NAME.xml is added up. A report that is
missing, or has nothing in it, is a failure, and so is a test that failed though its report has no failure.
"""

import json
import sys
import xml.etree.ElementTree as ElementTree
from collections import Counter
from collections.abc import Iterator
from pathlib import Path


def reports(given: Path) -> Iterator[tuple[Path, str]]:
    """Each report, and how meson says that its test ended."""
    if given.suffix == ".xml":
        yield given, "OK"
        return
    log = given / "meson-logs" / "testlog.json"
    if not log.exists():
        yield log, "OK"  # no test ran: as a report that is missing
        return
    for line in log.read_text().splitlines():
        test = json.loads(line)
        # Newer versions of meson put the suite before the name: "natto:golden / golden".
        yield given / (test["name"].rpartition(" / ")[2] + ".xml"), test["result"]


def failure(case: ElementTree.Element) -> ElementTree.Element | None:
    return next((element for element in case if element.tag in ("failure", "error")), None)


def reason(case: ElementTree.Element) -> str:
    """How its message begins, on one line."""
    element = failure(case)
    message = "" if element is None else element.get("message") or element.text or ""
    return " ".join(message.split())[:200]


def outcome(case: ElementTree.Element) -> str:
    if failure(case) is not None:
        return "failed"
    return "skipped" if case.find("skipped") is not None or case.get("status") == "notrun" else "passed"


def outcomes(report: Path) -> Iterator[str]:
    """Of each of its tests. Prints which have failed, and why."""
    for case in ElementTree.parse(report).iter("testcase"):
        result = outcome(case)
        if result == "failed":
            print(f"failed: {report}: {case.get('classname', '')} {case.get('name')}: {reason(case)}")
        yield result


def total(report: Path, ended: str) -> Counter[str]:
    try:
        found = Counter(outcomes(report))
    except (OSError, ElementTree.ParseError) as error:
        print(f"failed: {report}: its tests did not run to their end: {error}")
        return Counter(failed=1)
    if not found:
        print(f"failed: {report}: no test ran")
        found["failed"] = 1
    elif ended != "OK" and not found["failed"]:
        print(f"failed: {report}: its tests ended otherwise: {ended}")
        found["failed"] = 1
    return found


def main(given: list[str]) -> int:
    totals: Counter[str] = Counter()
    for report, ended in (each for path in given for each in reports(Path(path))):
        totals += total(report, ended)
    print("{} passed, {} failed, {} skipped".format(*(totals[name] for name in ("passed", "failed", "skipped"))))
    return 1 if totals["failed"] or not totals["passed"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
