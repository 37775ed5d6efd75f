"""Runs the named house checks on a source tree: run.py --root DIR CHECK..."""

import argparse
import pathlib
import sys

import citations
import cmake_lists
import coroutines
import events
import headers
import includes
import words

CHECKS = {module.__name__: module.check
          for module in (citations, cmake_lists, coroutines, events, headers, includes, words)}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=pathlib.Path, required=True)
    parser.add_argument("checks", nargs="+", choices=sorted(CHECKS))
    args = parser.parse_args()
    root = args.root.resolve()
    if not (root / "src").is_dir():
        parser.error(f"{root} has no src/")
    findings = sorted({finding for name in args.checks for finding in CHECKS[name](root)})
    for finding in findings:
        print(finding)
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
