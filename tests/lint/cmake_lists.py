"""Every source file is compiled by some target, and every folder's CMakeLists.txt is reached."""

import pathlib

import source_tree
from source_tree import Finding

FOLDERS = ["src", "tests", "bench"]


def check(root):
    root = pathlib.Path(root)
    findings = []
    named = set()  # Files named by some command, absolute.
    reached = {root / folder for folder in FOLDERS}  # By the top CMakeLists.txt.
    lists = source_tree.cmake_lists(root, FOLDERS)
    for path in lists:
        for command, words in source_tree.cmake_commands(path.read_text()):
            for word in words:
                word = word.strip('"').replace("${PROJECT_SOURCE_DIR}", str(root))
                word = word.replace("${CMAKE_CURRENT_SOURCE_DIR}", str(path.parent))
                if word.endswith((".cc", ".cpp")):
                    named.add((path.parent / word).resolve())
            if command == "add_subdirectory":
                reached.add(path.parent / words[0].strip('"'))
    for path in lists:
        if path.parent not in reached:
            findings.append(Finding(source_tree.relative(root, path), 1,
                                    "no add_subdirectory() leads here: nothing of it is built"))
    for path in source_tree.files(root, FOLDERS, (".cc", ".cpp")):
        if path.resolve() not in named:
            findings.append(Finding(source_tree.relative(root, path), 1,
                                    "no CMakeLists.txt names this file: it is never compiled"))
    return findings
