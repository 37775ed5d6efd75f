"""GET /hook/events promises what can fire: the catalogue and the code that emits must agree."""

import re

import source_tree
from source_tree import Finding

CATALOGUE = "src/settings/event_catalogue.cc"
EMITTING_ROOMS = ["src/chat", "src/delivery", "src/hooks", "src/api"]

ENTRY = re.compile(r'EventType\{\s*"([^"]+)",\s*(?:"[^"]*"\s*)+,\s*"\w+"\s*(?:,\s*(\w+)\s*)?\}')
# A field's path stands behind its name (`"frozen", "channel.frozen"`) and is no event.
LITERAL = re.compile(r'(?<!")"([a-z_]+(?:\.[a-z_]+)+)"')
BEHIND_A_NAME = re.compile(r'"\s*,\s*$')


def catalogue(text):
    """Name to support; an entry that names none is only taken."""
    return {name: support or "kTaken" for name, support in ENTRY.findall(text)}


def literals(root):
    for path in source_tree.files(root, EMITTING_ROOMS, source_tree.CXX_ENDINGS):
        text = path.read_text()
        for match in LITERAL.finditer(text):
            if not BEHIND_A_NAME.search(text[:match.start()]):
                yield path, source_tree.line_of(text, match.start()), match.group(1)


def check(root):
    place = root / CATALOGUE
    if not place.is_file():
        return []
    known = catalogue(place.read_text())
    findings = []
    if len(known) < 2:
        findings.append(Finding(CATALOGUE, 1, "no entries were found: this check reads them"))
    emitted = set()
    for path, line, name in literals(root):
        if name not in known:
            continue
        emitted.add(name)
        if known[name] != "kFires":
            findings.append(Finding(source_tree.relative(root, path), line,
                                    f"{name} is emitted, but the catalogue says {known[name]}"))
    for name, support in sorted(known.items()):
        if support == "kFires" and name not in emitted:
            findings.append(Finding(CATALOGUE, 1, f"{name} is listed as firing, but nothing emits it"))
    return findings
