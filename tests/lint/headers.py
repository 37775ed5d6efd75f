"""Headers stand alone: each is the first include of its .cc file, whose compilation then proves it."""

import pathlib
import re

import source_tree
from source_tree import Finding

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*[<"]([^">]+)[">]', re.M)


def check(root):
    findings = []
    for path in source_tree.files(root, ["src", "include"], (".h",)):
        text = source_tree.strip_cxx(path.read_text())
        if not re.match(r"\s*#pragma once\b", text):
            findings.append(Finding(source_tree.relative(root, path), 1,
                                    "a header starts with #pragma once"))
    for path in source_tree.files(root, ["src"], (".cc",)):
        header = path.with_suffix(".h")
        if not header.exists():
            continue
        wanted = header.relative_to(pathlib.Path(root, "src")).as_posix()
        first = INCLUDE.search(path.read_text())
        if first is None or first.group(1) != wanted:
            findings.append(Finding(source_tree.relative(root, path), 1,
                                    f'the first include must be "{wanted}"'))
    return findings
