"""Words and calls that must not appear, and what npm lock files may not say."""

import json
import re

import source_tree
from source_tree import Finding

SHIPPED = ["src", "include", "examples", "cmake", "scripts", "web", "packaging", "bench",
           "CMakeLists.txt", "CMakePresets.json", "Makefile"]
SHIPPED_ENDINGS = source_tree.CXX_ENDINGS + (
    ".cmake", ".txt", ".json", ".sh", ".py", ".ts", ".tsx", ".mjs", ".js", ".css", ".html", ".in",
    "Makefile")
MARKS = re.compile(r"\b(TODO|FIXME|XXX)\b")

# asio::detached drops exceptions; a detached thread outlives what it uses.
BANNED_CODE = {
    re.compile(r"\bdetached\b"): "`detached` drops exceptions: give co_spawn a handler",
    re.compile(r"[.>]\s*detach\s*\(\s*\)"): "detached threads outlive what they use: join them",
}


def check_marks(root):
    """No notes about unfinished work in what ships."""
    findings = []
    for path in source_tree.files(root, SHIPPED, SHIPPED_ENDINGS):
        if path.name == "package-lock.json":
            continue
        for number, line in enumerate(path.read_text().splitlines(), 1):
            mark = MARKS.search(line)
            if mark:
                findings.append(Finding(source_tree.relative(root, path), number,
                                        f"{mark.group(1)} in code that ships"))
    return findings


def check_banned_code(root):
    findings = []
    for path in source_tree.files(root, ["src", "include", "tests", "examples", "bench"],
                                  source_tree.CXX_ENDINGS):
        code = source_tree.strip_cxx(path.read_text())
        for pattern, why in BANNED_CODE.items():
            for match in pattern.finditer(code):
                findings.append(Finding(source_tree.relative(root, path),
                                        source_tree.line_of(code, match.start()), why))
    return findings


def check_lock_files(root):
    """Lock files name versions and hashes, not the registry that one machine happened to use."""
    findings = []
    for path in source_tree.files(root, ["tests", "bench", "web"], ("package-lock.json",)):
        place = source_tree.relative(root, path)
        lock = json.loads(path.read_text())
        for name, package in lock.get("packages", {}).items():
            if "resolved" in package and not package.get("link"):
                findings.append(Finding(place, 1, f"{name} has a registry's address"))
            if name and not package.get("link") and "integrity" not in package:
                findings.append(Finding(place, 1, f"{name} has no integrity hash"))
    return findings


def check(root):
    return check_marks(root) + check_banned_code(root) + check_lock_files(root)
