"""Rooms include only what their CMakeLists.txt names, and each C library stays in its one place."""

import pathlib
import re

import source_tree
from source_tree import Finding

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^">]+)[">]', re.M)
COMPOSITION_ROOT = "server"
MAY_SEE_ROOT = {"src/main.cc", "src/main.cpp"}

# C library header, and the folders or files that may include it.
LIBRARY_HOMES = {
    r"sqlite3(ext)?\.h": ("src/store/sqlite/",),
    r"ares(_.*)?\.h": ("src/net/",),
    r"curl/.*": ("src/net/",),
    r"libpq-fe\.h|postgres_ext\.h|pqxx/.*|pqxx": ("src/store/postgres/",),
    r"nats/.*|nats\.h": ("src/queue/jetstream/",),
    r"jwt\.h": ("src/api/token.cc",),
    r"prometheus/.*": ("src/telemetry/",),
}


class Rooms:
    """The rooms of src/: their folders, and whom they may include."""

    def __init__(self, root):
        self.folders = {}  # Folder below src/, to the room's name.
        self.public = {}  # Room to the rooms in DEPS.
        self.private = {}  # Room to the rooms in PRIVATE_DEPS.
        for path in source_tree.cmake_lists(root, ["src"]):
            folder = path.parent.relative_to(pathlib.Path(root, "src")).as_posix()
            if folder == ".":
                continue
            for command, words in source_tree.cmake_commands(path.read_text()):
                self._take(folder, command, words)

    def _take(self, folder, command, words):
        if command == "hookline_module":
            self._declare(folder, words[0])
            section = ""
            for word in words[1:]:
                if word in ("SOURCES", "DEPS", "PRIVATE_DEPS"):
                    section = word
                elif word.startswith("hookline::") and section:
                    target = self.private if section == "PRIVATE_DEPS" else self.public
                    target[words[0]].add(word.removeprefix("hookline::"))
        elif command == "add_library" and words[0].startswith("hookline_") and "ALIAS" not in words:
            self._declare(folder, words[0].removeprefix("hookline_"))
        elif command == "target_link_libraries" and words[0].startswith("hookline_"):
            room = words[0].removeprefix("hookline_")
            self._declare(folder, room)
            private = False
            for word in words[1:]:
                if word in ("PUBLIC", "PRIVATE", "INTERFACE"):
                    private = word == "PRIVATE"
                elif word.startswith("hookline::"):
                    target = self.private if private else self.public
                    target[room].add(word.removeprefix("hookline::"))

    def _declare(self, folder, room):
        self.folders.setdefault(folder, room)
        self.public.setdefault(room, set())
        self.private.setdefault(room, set())

    def room_of(self, path):
        """The room of a path below src/, whether it exists or not; None if it is in none."""
        parts = pathlib.PurePosixPath(path).parent.parts
        for length in range(len(parts), 0, -1):
            room = self.folders.get("/".join(parts[:length]))
            if room is not None:
                return room
        return None

    def visible(self, room):
        """The rooms that `room` may include: itself, its deps, and what those pass on."""
        seen = {room}
        ahead = list(self.public.get(room, set()) | self.private.get(room, set()))
        while ahead:
            dep = ahead.pop()
            if dep not in seen:
                seen.add(dep)
                ahead += self.public.get(dep, set())
        return seen


def _check_room_include(root, rooms, path, line, kind, header):
    own = rooms.room_of(source_tree.relative(pathlib.Path(root, "src"), path))
    place = source_tree.relative(root, path)
    if header.startswith("hookline/"):
        target = "webhook"
    else:
        target = rooms.room_of(header)
        exists = pathlib.Path(root, "src", header).is_file()
        if target is None or not exists:
            if kind == '"':
                yield Finding(place, line, f'"{header}" is no file of src/ (paths start there)')
            return
    if kind == "<" and target != "webhook":
        yield Finding(place, line, f"<{header}> is ours: write it with quotes")
    if target == COMPOSITION_ROOT and own != COMPOSITION_ROOT and place not in MAY_SEE_ROOT:
        yield Finding(place, line, f"nothing may include {header}: server is the composition root")
    elif own is None:
        if place not in MAY_SEE_ROOT:
            yield Finding(place, line, "this file belongs to no room (no hookline_module names it)")
    elif own != COMPOSITION_ROOT and target not in rooms.visible(own):
        yield Finding(place, line, f"room {own} includes {header}, but its DEPS have no {target}")


def check(root):
    """All findings about the includes below `root`."""
    rooms = Rooms(root)
    findings = []
    for path in source_tree.files(root, ["src", "include"], source_tree.CXX_ENDINGS):
        place = source_tree.relative(root, path)
        text = path.read_text()
        for match in INCLUDE.finditer(text):
            kind, header = match.groups()
            line = source_tree.line_of(text, match.start())
            for pattern, homes in LIBRARY_HOMES.items():
                if re.fullmatch(pattern, header) and not place.startswith(homes):
                    findings.append(Finding(
                        place, line, f"{header} may be included only in {' or '.join(homes)}"))
            if place.startswith("src/"):
                findings += _check_room_include(root, rooms, path, line, kind, header)
    return findings
