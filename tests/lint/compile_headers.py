"""Headers without a .cc file of their own stand alone as well: each is compiled by itself.

(headers.py sees to the others, at no cost.) Takes the flags from the compile database of a build.
"""

import argparse
import concurrent.futures
import json
import os
import pathlib
import shlex
import subprocess
import sys

import source_tree

STEP_SECONDS = 300


def flags_by_folder(database):
    """Of each folder that has sources, the command that compiles one of them, without its files."""
    flags = {}
    for entry in json.loads(database.read_text()):
        source = pathlib.Path(entry["directory"], entry["file"])
        words = shlex.split(entry["command"])
        # A compiler cache may stand in front; output and input differ per file.
        compiler = next(index for index, word in enumerate(words) if "clang" in word or "++" in word)
        kept = []
        skip = False
        for word in words[compiler:]:
            if skip or word in ("-c", "-MD"):
                skip = False
            elif word in ("-o", "-MT", "-MF"):
                skip = True
            elif not word.endswith((".cc", ".cpp")):
                kept.append(word)
        flags.setdefault(source.parent, kept)
    return flags


def flags_for(root, header, flags):
    """Those of the header's folder or of the nearest above it; for a room of headers only, those of
    a room within it. The public headers are the webhook room's."""
    if header.is_relative_to(root / "include"):
        return flags[root / "src" / "webhook"]
    above = [folder for folder in header.parents if folder in flags]
    below = [folder for folder in flags if folder.is_relative_to(header.parent)]
    return flags[(above + sorted(below))[0]]


def compile_alone(header, flags):
    """The compiler's complaints about the header; empty if there are none."""
    command = [*flags, "-fsyntax-only", "-Wno-pragma-once-outside-header", "-x", "c++", str(header)]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          timeout=STEP_SECONDS, check=False)
    return "" if done.returncode == 0 else done.stdout


def headers_without_source(root):
    found = source_tree.files(root, ["src", "include"], (".h",))
    return [path for path in found if not path.with_suffix(".cc").exists()]


def check(root, database):
    """The complaints about all such headers below `root`."""
    flags = flags_by_folder(database)
    headers = headers_without_source(root)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        results = pool.map(
            lambda header: compile_alone(header, flags_for(root, header, flags)), headers)
        return [text for text in results if text]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=pathlib.Path, required=True)
    parser.add_argument("--database", type=pathlib.Path, required=True)
    args = parser.parse_args()
    complaints = check(args.root.resolve(), args.database)
    for text in complaints:
        print(text)
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
