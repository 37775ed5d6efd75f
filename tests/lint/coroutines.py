"""`co_await` stands alone in its statement (docs: ARCHITECTURE.md, "Toolchain").

Some compilers miscompile a co_await that shares its statement with temporaries, so the house allows
    co_await f(a);      auto x = co_await f(std::move(b));      co_return co_await f();
    if (auto x = co_await f(); !x)
and refuses it in conditions, arguments, braces and `?:`, and braces, `?:` and lambdas beside it.
A capturing lambda must not be a coroutine: its captures die before the coroutine does.
"""

import bisect
import re

import source_tree
from source_tree import Finding

TOKEN = re.compile(r"[A-Za-z_]\w*|::|->|\d[\w.']*|\S")
CONTROLS = {"if", "while", "switch", "for"}
BLOCK_KEYWORDS = {"else", "do", "try"}
OPENERS = {"(": ")", "[": "]", "{": "}"}


class Code:
    """The tokens of one file, with each bracket's partner and parent."""

    def __init__(self, text):
        code = source_tree.strip_cxx(text)
        # Directives are no statements; macros that hide coroutines are not ours to judge.
        code = re.sub(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", lambda m: re.sub(r"[^\n]", " ", m.group()),
                      code, flags=re.M)
        matches = list(TOKEN.finditer(code))
        self.tokens = [match.group() for match in matches]
        self._starts = [match.start() for match in matches]
        self._lines = [match.start() for match in re.finditer("\n", code)]
        self.partner = {}
        self.parent = []  # Of each token, the innermost bracket around it, or -1.
        stack = []
        for index, token in enumerate(self.tokens):
            self.parent.append(stack[-1] if stack else -1)
            if token in OPENERS:
                stack.append(index)
            elif stack and token == OPENERS[self.tokens[stack[-1]]]:
                opener = stack.pop()
                self.partner[opener] = index
                self.partner[index] = opener

    def line(self, index):
        return bisect.bisect(self._lines, self._starts[index]) + 1

    def token(self, index):
        return self.tokens[index] if 0 <= index < len(self.tokens) else ""

    def is_block(self, brace):
        """Whether this `{` opens statements: a function's, lambda's or control statement's body."""
        before = self.token(brace - 1)
        if before in (")", ";", "{", "}", ":") or before in BLOCK_KEYWORDS:
            return True
        if before == "]":
            return self.is_lambda(self.partner.get(brace - 1, -1))
        # `-> asio::awaitable<void> {`, `const {`, `noexcept {`, `namespace a {`: look back for what
        # makes it a body; a type and a brace without such a thing is an initialiser.
        index = brace - 1
        while index >= 0 and (re.match(r"\w|::|[<>,&*]", self.tokens[index])
                              or self.tokens[index] == "->"):
            if self.tokens[index] == "->":
                return self.token(index - 1) in (")", "]", "mutable", "noexcept", "const")
            if self.tokens[index] in ("namespace", "struct", "class", "union", "enum"):
                return True
            if self.tokens[index] in ("return", "co_return", "co_yield", "co_await"):
                return False
            index -= 1
        return self.token(index) == ")" and self.token(index + 1) in (
            "const", "noexcept", "override", "final", "mutable")

    def is_lambda(self, bracket):
        """Whether this `[` introduces a lambda."""
        if self.token(bracket) != "[" or self.token(bracket + 1) == "[":
            return False
        before = self.token(bracket - 1)
        if before == "[" or (re.match(r"[\w\])]", before) and before not in ("return", "co_return")):
            return False  # An attribute, a subscript, or `auto [a, b]`.
        if before in ("&", "*") and self.token(bracket - 2) == "auto":
            return False
        after = self.token(self.partner.get(bracket, -2) + 1)
        return after in ("(", "{", "<", "mutable", "->", "noexcept")

    def lambda_of_body(self, brace):
        """The `[` of the lambda whose body this `{` opens, or -1."""
        index = brace - 1
        while index >= 0 and self.tokens[index] not in (";", "{", "}"):
            if self.tokens[index] in (")", "]"):
                opener = self.partner.get(index, -1)
                if self.token(opener) == "[" and self.is_lambda(opener):
                    return opener
                if opener < 0:
                    return -1
                index = opener - 1
            elif self.tokens[index] in ("(", "["):
                return -1
            else:
                index -= 1
        return -1


def _judge_place(code, await_index):
    """What is wrong with the brackets right around the co_await, or None."""
    opener = code.parent[await_index]
    around = code.token(opener)
    if around == "(":
        return _judge_parenthesis(code, opener, await_index)
    if around == "[":
        return "inside brackets"
    if around == "{" and not code.is_block(opener):
        return "inside braces"
    return None


def _find_start(code, await_index):
    """The first token of the co_await's statement, within the brackets around it."""
    index = await_index - 1
    while index > code.parent[await_index]:
        token = code.tokens[index]
        opener = code.partner.get(index, index)
        if token == ";" or token in BLOCK_KEYWORDS or token == ":" and _is_label(code, index):
            return index + 1
        if token == ")" and _is_control(code, opener):
            return index + 1  # `if (x) co_await f();`
        if token == "}" and code.is_block(opener) and code.lambda_of_body(opener) < 0:
            return index + 1
        index = opener - 1
    return index + 1


def _is_control(code, opener):
    """Whether this `(` is that of an if, while, switch or for."""
    keyword = code.token(opener - 1)
    if keyword == "constexpr":
        keyword = code.token(opener - 2)
    return keyword in CONTROLS


def _is_label(code, colon):
    """`case x:`, `default:` or a range-for's colon, which ends no statement but reads like one."""
    index = colon - 1
    while index >= 0 and re.match(r"\w|::", code.tokens[index]):
        if code.tokens[index] in ("case", "default"):
            return True
        index -= 1
    return False


def _judge_parenthesis(code, opener, await_index):
    if not _is_control(code, opener):
        return "inside another expression's parentheses"
    # The first of two or three parts is an init-statement, which is as good as a line of its own.
    index = opener + 1
    while index < await_index:
        if code.tokens[index] == ";":
            return "in a condition"
        index = code.partner.get(index, index) + 1
    end = _find_end(code, await_index)
    return None if code.token(end) == ";" else "in a condition"


def _find_end(code, await_index):
    """The first token after the statement: its semicolon, or what closes the brackets around it."""
    index = await_index
    while index < len(code.tokens):
        token = code.tokens[index]
        if token in OPENERS:
            index = code.partner.get(index, len(code.tokens)) + 1
        elif token in (";", ")", "]", "}"):
            return index
        else:
            index += 1
    return index


def _judge_company(code, start, end):
    """What stands in the statement [start, end) and may not."""
    for index in range(start, end):
        token = code.tokens[index]
        if token == "?":
            return "beside `?:`"
        if token == "[" and code.is_lambda(index):
            return "beside a lambda: name the lambda first"
        if token == "{":
            return "beside braces: name the value first"
    return None


def check_text(text, path, lambdas_too=True):
    """Findings of one file. `lambdas_too`: also refuse capturing lambdas as coroutines."""
    if "co_await" not in text:
        return []
    code = Code(text)
    findings = []
    bodies = [index for index, token in enumerate(code.tokens)
              if token == "{" and index in code.partner and code.is_block(index)]
    for index, token in enumerate(code.tokens):
        if token != "co_await":
            continue
        problem = _judge_place(code, index) or _judge_company(
            code, _find_start(code, index), _find_end(code, index))
        if problem:
            findings.append(Finding(path, code.line(index), f"co_await {problem}"))
        if lambdas_too:
            around = [body for body in bodies if body < index < code.partner[body]]
            for body in reversed(around):
                bracket = code.lambda_of_body(body)
                if bracket >= 0:
                    if code.partner[bracket] != bracket + 1:
                        findings.append(Finding(path, code.line(index),
                                                "co_await in a lambda that captures"))
                    break
    return findings


def check(root):
    findings = []
    for path in source_tree.files(root, ["src", "tests", "bench"], source_tree.CXX_ENDINGS):
        place = source_tree.relative(root, path)
        findings += check_text(path.read_text(), place, lambdas_too=place.startswith("src/"))
    return findings
