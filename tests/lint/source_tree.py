"""What all checks share: the files of a tree, C++ without comments and literals, CMake commands."""

import dataclasses
import os
import pathlib
import re

SKIPPED_FOLDERS = {"build", "node_modules", ".git", "hookline-data"}
CXX_ENDINGS = (".cc", ".cpp", ".h")

# Comments, raw strings, strings and characters; a digit separator is no start of a character.
_NOT_CODE = re.compile(
    r"""//[^\n]*|/\*.*?\*/
      |(?:\b(?:u8|u|U|L))?R"(?P<tag>[^()\\\s]{0,16})\(.*?\)(?P=tag)"
      |"(?:\\.|[^"\\\n])*"
      |(?<![0-9A-Za-z_])(?:u8|u|U|L)?'(?:\\.|[^'\\\n])+'""", re.S | re.X)


@dataclasses.dataclass(frozen=True, order=True)
class Finding:
    """One broken rule, and where."""
    path: str
    line: int
    text: str

    def __str__(self):
        return f"{self.path}:{self.line}: {self.text}"


def files(root, folders, endings):
    """Paths below `root`/`folders` (a folder may also be one file) with one of `endings`, sorted."""
    found = []
    for folder in folders:
        top = pathlib.Path(root, folder)
        if top.is_file():
            found.append(top)
        for place, subfolders, names in os.walk(top):
            subfolders[:] = sorted(set(subfolders) - SKIPPED_FOLDERS)
            found += [pathlib.Path(place, name) for name in sorted(names) if name.endswith(endings)]
    return found


def relative(root, path):
    return pathlib.Path(path).relative_to(root).as_posix()


def _blank(match):
    """Spaces in the shape of what was there, so that lines and columns stay."""
    text = match.group(0)
    blank = re.sub(r"[^\n]", " ", text)
    if text.startswith("/"):
        return blank
    # A literal stays visible as an empty one, so that `f("x")` is not `f()`.
    return '"' + blank[1:-1] + '"'


def strip_cxx(text):
    """C++ code with its comments and literals blanked out."""
    return _NOT_CODE.sub(_blank, text)


def line_of(text, position):
    return text.count("\n", 0, position) + 1


def cmake_commands(text):
    """Yields (command name, words) for each command of a CMake file; enough for our own lists."""
    text = re.sub(r"#[^\n]*", "", text)
    for match in re.finditer(r"(\w+)\s*\(([^()]*(?:\([^()]*\)[^()]*)*)\)", text):
        yield match.group(1).lower(), match.group(2).split()


def cmake_lists(root, folders):
    """Every CMakeLists.txt below `folders`."""
    return files(root, folders, ("CMakeLists.txt",))
