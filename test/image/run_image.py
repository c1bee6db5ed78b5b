#!/usr/bin/python3
"""Run the tests of the container image, in namespaces of the tests' own.

Prints a line per test and, last, `N passed, N failed, N skipped`. Exit status 1 if anything failed.
"""

import argparse
import os
import sys
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.dont_write_bytecode = True
sys.path.insert(1, str(HERE.parent / "e2e"))
import run_e2e  # noqa: E402
from lab import world  # noqa: E402


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("image", type=Path, metavar="IMAGE", help="its archive, as scripts/image writes it")
    parser.add_argument("names", nargs="*", help="run only tests whose id contains one of these")
    parser.add_argument("--junit", type=Path, metavar="FILE", help="write a JUnit report")
    options = parser.parse_args()
    os.environ["NATTO_IMAGE"] = str(options.image.resolve())
    world.enter()
    found = unittest.TestLoader().discover(str(HERE), "*_test.py")
    result = run_e2e.Result()
    result.suite.set("name", "image")
    for test in run_e2e.each_test(found):
        if not options.names or any(name in test.id() for name in options.names):
            test.run(result)
    return run_e2e.finish(result, options.junit)


if __name__ == "__main__":
    sys.exit(main())
