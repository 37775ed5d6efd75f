"""What comments and documents cite is there: files of the repository, and places inside them.

A citation is the path of a Markdown file from the root (in Markdown, and if it starts with a dot, also
from the citing file's folder), if need be with `#` and a place in it: a heading or an anchor. `, #place` after it cites the same file.
"""

import re

import source_tree
from source_tree import Finding

FOLDERS = ["src", "include", "tests", "docs", "bench", "examples", "scripts", "cmake", "packaging",
           "web", "README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md",
           "CMakeLists.txt", "Makefile"]
ENDINGS = source_tree.CXX_ENDINGS + (".md", ".mjs", ".js", ".ts", ".py", ".sh", ".cmake", ".txt",
                                     ".go", "Makefile")
# Its cases break the rule on purpose.
EXEMPT = {"tests/lint/self_test.py"}

CITATION = re.compile(r"(?<![\w/.:-])(?P<path>(?:\.{1,2}/)*(?:[\w-]+/)*[\w-]+\.md)\b"
                      r"(?P<places>#[\w-]+(?:(?:,| and| or) #[\w-]+)*)?")
IN_DOCS = re.compile(r"(?<![\w/.:-])docs/[\w./-]*\w")
LINK = re.compile(r"\]\((?P<path>[^()\s#:]*)(?:#(?P<place>[^()\s]+))?\)")
# A decision or a section by its number alone: of a document that nobody can open.
BARE = re.compile(r"\b(?:decisions?|rulings?|behaviou?rs?)(?: |\.md )\d+|§ ?\d", re.I)
FENCE = re.compile(r"^```.*?^```", re.M | re.S)


def places_of(text):
    """Anchors of a Markdown file: its headings, as they are linked to, and what it names itself."""
    text = FENCE.sub("", text)
    found = set(re.findall(r'<a id="([^"]+)">', text))
    for heading in re.findall(r"^#+ (.*?)\s*$", text, re.M):
        words = re.sub(r"[^\w\- ]", "", heading.lower())
        found.add(words.replace(" ", "-"))
    return found


class Tree:
    """The files of a tree, and the places inside them."""

    def __init__(self, root):
        self.root = root.resolve()
        self.places = {}

    def find(self, citing, path):
        """The file that `path` means in `citing`; None if there is none, or it is outside."""
        bases = [self.root]
        if citing.suffix == ".md" or path.startswith("."):
            bases.insert(0, citing.parent)
        for base in bases:
            file = (base / path).resolve()
            if file.is_relative_to(self.root) and file.exists():
                return file
        return None

    def has(self, file, place):
        if file not in self.places:
            self.places[file] = places_of(file.read_text())
        return place in self.places[file]


def citations(text, markdown):
    """Yields (position, path, places); the path is empty for a place in the same file."""
    for match in CITATION.finditer(text):
        # A link is read below, by its target.
        if markdown and (text[match.start() - 2:match.start()] == "](" or
                         text[match.end():match.end() + 2] == "]("):
            continue
        yield match.start(), match["path"], re.findall(r"#([\w-]+)", match["places"] or "")
    for match in IN_DOCS.finditer(text):
        if not match.group().endswith(".md"):
            yield match.start(), match.group(), []
    if markdown:
        for match in LINK.finditer(FENCE.sub(lambda m: re.sub(r"[^\n]", " ", m.group()), text)):
            yield match.start(), match["path"], [match["place"]] if match["place"] else []


def check(root):
    tree = Tree(root)
    findings = []
    for path in source_tree.files(root, FOLDERS, ENDINGS):
        name = source_tree.relative(root, path)
        if name in EXEMPT:
            continue
        text = path.read_text()

        def found(position, words, name=name, text=text):
            findings.append(Finding(name, source_tree.line_of(text, position), words))

        for position, cited, places in citations(text, path.suffix == ".md"):
            file = tree.find(path, cited) if cited else path.resolve()
            if file is None:
                found(position, f"{cited} is cited, but is not in the repository")
                continue
            for place in places:
                if file.suffix == ".md" and not tree.has(file, place):
                    found(position, f"{cited} has no place #{place}")
        for match in BARE.finditer(text):
            found(match.start(), f"'{match.group()}' says no file: cite its path with #")
    return findings
