"""The house checks can fail: each rule is broken once in a small tree, and must be found."""

import json
import pathlib
import tempfile
import unittest

import citations
import cmake_lists
import compile_headers
import coroutines
import events
import headers
import includes
import source_tree
import words

COMPILER = "clang++-19"


class TreeTest(unittest.TestCase):
    """A tree in a temporary folder, in which all is well until a test writes something bad."""

    GOOD = {
        "src/CMakeLists.txt": "add_subdirectory(base)\nadd_subdirectory(chat)\nadd_subdirectory(api)\n"
                              "add_subdirectory(store)\nadd_subdirectory(server)\n",
        "src/base/CMakeLists.txt": "hookline_module(base SOURCES time.cc DEPS fmt::fmt)\n",
        "src/base/time.h": "#pragma once\n#include <ctime>\n",
        "src/base/time.cc": '#include "base/time.h"\n',
        "src/chat/CMakeLists.txt": "hookline_module(chat\n  SOURCES chat.cc  # All of it.\n"
                                   "  DEPS hookline::base)\n",
        "src/chat/chat.h": '#pragma once\n#include "base/time.h"\n',
        "src/chat/chat.cc": '#include "chat/chat.h"\n#include <string>\n',
        "src/api/CMakeLists.txt": "hookline_module(api SOURCES token.cc DEPS hookline::chat\n"
                                  "  PRIVATE_DEPS PkgConfig::JWT)\n",
        "src/api/token.cc": '#include <jwt.h>\n#include "base/time.h"\n#include "chat/chat.h"\n',
        "src/store/CMakeLists.txt": "add_subdirectory(sqlite)\n",
        "src/store/sqlite/CMakeLists.txt": "hookline_module(store_sqlite SOURCES db.cc)\n",
        "src/store/sqlite/db.cc": "#include <sqlite3.h>\n",
        "src/server/CMakeLists.txt": "hookline_module(server SOURCES serve.cc DEPS hookline::api)\n",
        "src/server/serve.cc": '#include "server/serve.h"\n#include "chat/chat.h"\n',
        "src/server/serve.h": "#pragma once\n",
        "tests/CMakeLists.txt": "add_subdirectory(chat)\n",
        "tests/chat/CMakeLists.txt": "hookline_test(chat_test SOURCES\n"
                                     "  ${PROJECT_SOURCE_DIR}/tests/chat/chat_test.cc)\n",
        "tests/chat/chat_test.cc": '#include "chat/chat.h"\n',
        "tests/package-lock.json": json.dumps({"packages": {
            "": {"name": "tests"}, "node_modules/a": {"version": "1.0.0", "integrity": "sha512-x"}}}),
    }

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name).resolve()
        for path, text in self.GOOD.items():
            self.write(path, text)

    def write(self, path, text):
        path = self.root / path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def assert_found(self, check, path, line, part):
        """Exactly one finding, there and with these words."""
        findings = check(self.root)
        self.assertEqual([(finding.path, finding.line) for finding in findings], [(path, line)])
        self.assertIn(part, findings[0].text)

    def test_good_tree_passes(self):
        for check in (citations.check, cmake_lists.check, coroutines.check, events.check, headers.check,
                      includes.check, words.check):
            self.assertEqual(check(self.root), [])

    # Includes.

    def test_include_against_the_arrows(self):
        self.write("src/base/time.cc", '#include "base/time.h"\n#include "chat/chat.h"\n')
        self.assert_found(includes.check, "src/base/time.cc", 2, "DEPS have no chat")

    def test_include_through_a_dep_of_a_dep(self):
        self.write("src/api/token.cc", '#include "base/time.h"\n')
        self.assertEqual(includes.check(self.root), [])

    def test_private_deps_are_not_passed_on(self):
        self.write("src/chat/CMakeLists.txt",
                   "hookline_module(chat SOURCES chat.cc PRIVATE_DEPS hookline::base)\n")
        self.assert_found(includes.check, "src/api/token.cc", 2, "DEPS have no base")

    def test_linked_by_hand_counts_as_a_dep(self):
        self.write("src/store/sqlite/CMakeLists.txt",
                   "add_library(hookline_db db.cc)\nadd_library(hookline::db ALIAS hookline_db)\n"
                   "target_link_libraries(hookline_db PUBLIC hookline::base)\n")
        self.write("src/store/sqlite/db.cc", '#include "base/time.h"\n')
        self.assertEqual(includes.check(self.root), [])
        self.write("src/store/sqlite/db.cc", '#include "chat/chat.h"\n')
        self.assert_found(includes.check, "src/store/sqlite/db.cc", 1, "DEPS have no chat")

    def test_include_of_the_composition_root(self):
        self.write("src/chat/chat.cc", '#include "chat/chat.h"\n#include "server/serve.h"\n')
        self.assert_found(includes.check, "src/chat/chat.cc", 2, "composition root")

    def test_include_that_does_not_start_at_src(self):
        self.write("src/chat/chat.cc", '#include "chat/chat.h"\n#include "chat.h"\n')
        self.assert_found(includes.check, "src/chat/chat.cc", 2, "no file of src/")

    def test_own_header_in_angle_brackets(self):
        self.write("src/chat/chat.cc", '#include "chat/chat.h"\n#include <base/time.h>\n')
        self.assert_found(includes.check, "src/chat/chat.cc", 2, "quotes")

    def test_file_of_no_room(self):
        self.write("src/lost/lost.h", '#pragma once\n#include "base/time.h"\n')
        self.assert_found(includes.check, "src/lost/lost.h", 2, "no room")

    def test_c_library_outside_its_home(self):
        for header in ("sqlite3.h", "curl/curl.h", "libpq-fe.h", "nats/nats.h", "jwt.h"):
            self.write("src/chat/chat.cc", f'#include "chat/chat.h"\n#  include <{header}>\n')
            self.assert_found(includes.check, "src/chat/chat.cc", 2, "only in")

    # Events.

    def catalogue(self, *entries):
        self.write("src/settings/event_catalogue.cc", "".join(
            f'EventType{{"{name}", "It came "\n  "to be.", "chat"{support}}},\n'
            for name, support in entries))

    def test_event_that_is_emitted_but_not_listed(self):
        self.catalogue(("tea.made", ", kFires"), ("tea.spilt", ""))
        self.write("src/chat/chat.cc", '#include "chat/chat.h"\nEmit("tea.made");\n')
        self.assertEqual(events.check(self.root), [])
        self.write("src/chat/chat.cc", 'Emit("tea.made");\nEmit(\n"tea.spilt");\n')
        self.assert_found(events.check, "src/chat/chat.cc", 3, "tea.spilt is emitted")

    def test_event_that_is_listed_but_not_emitted(self):
        self.catalogue(("tea.made", ", kFires"), ("tea.spilt", ", kFires"))
        self.write("src/chat/chat.cc", 'Emit("tea.made");\nRead(body, "spilt", "tea.spilt");\n')
        self.assert_found(events.check, "src/settings/event_catalogue.cc", 1, "nothing emits it")

    # CMake lists.

    def test_test_that_is_never_compiled(self):
        self.write("tests/chat/more_test.cc", "")
        self.assert_found(cmake_lists.check, "tests/chat/more_test.cc", 1, "never compiled")

    def test_test_that_is_commented_out(self):
        self.write("tests/chat/CMakeLists.txt", "# hookline_test(chat_test SOURCES chat_test.cc)\n")
        self.assert_found(cmake_lists.check, "tests/chat/chat_test.cc", 1, "never compiled")

    def test_source_of_the_same_name_elsewhere(self):
        self.write("src/chat/time.cc", "")
        self.assert_found(cmake_lists.check, "src/chat/time.cc", 1, "never compiled")

    def test_folder_that_is_never_reached(self):
        self.write("tests/CMakeLists.txt", "")
        self.assert_found(cmake_lists.check, "tests/chat/CMakeLists.txt", 1, "add_subdirectory")

    # Headers.

    def test_header_is_not_the_first_include(self):
        self.write("src/chat/chat.cc", '#include <string>\n#include "chat/chat.h"\n')
        self.assert_found(headers.check, "src/chat/chat.cc", 1, "first include")

    def test_header_without_pragma_once(self):
        self.write("src/chat/chat.h", "#include <string>\n")
        self.assert_found(headers.check, "src/chat/chat.h", 1, "#pragma once")

    def test_header_that_does_not_stand_alone(self):
        source = self.root / "src/chat/chat.cc"
        database = self.root / "compile_commands.json"
        database.write_text(json.dumps([{
            "directory": str(self.root), "file": str(source),
            "command": f"ccache {COMPILER} -std=c++23 -I{self.root}/src -o chat.o -c {source}"}]))
        self.write("src/chat/ids.h", "#pragma once\n#include <string>\nstd::string F();\n")
        self.assertEqual(compile_headers.check(self.root, database), [])
        self.write("src/chat/ids.h", "#pragma once\nstd::string F();\n")
        complaints = compile_headers.check(self.root, database)
        self.assertEqual(len(complaints), 1)
        self.assertIn("src/chat/ids.h:2", complaints[0])

    # Citations.

    def cite(self, words):
        self.write("docs/contract/rulings.md", '# Rulings\n\n<a id="5"></a>\n## 5. Retry, `twice`\n\nYes.\n')
        self.write("src/chat/chat.cc", f'#include "chat/chat.h"\n// As {words} has it.\n')

    def test_citations_that_resolve(self):
        for words in ("docs/contract/rulings.md", "docs/contract/rulings.md#5",
                      "docs/contract/rulings.md#5, #5-retry-twice", "docs/contract",
                      "../../docs/contract/rulings.md#5"):
            self.cite(words)
            self.assertEqual(citations.check(self.root), [], words)

    def test_citation_of_no_file(self):
        for words in ("decisions.md", "docs/contract/rules.md#5", "docs/rules.txt", "../docs/contract/rulings.md"):
            self.cite(words)
            self.assert_found(citations.check, "src/chat/chat.cc", 2, "not in the repository")

    def test_citation_of_no_place(self):
        for words in ("docs/contract/rulings.md#6", "docs/contract/rulings.md#5, #7"):
            self.cite(words)
            self.assert_found(citations.check, "src/chat/chat.cc", 2, "no place")

    def test_citation_of_a_number_alone(self):
        for words in ("decision 5", "rulings 5 and 6", "§ 3", "behaviours 1"):
            self.cite(words)
            self.assert_found(citations.check, "src/chat/chat.cc", 2, "no file")

    def test_links_of_documents(self):
        self.cite("docs/contract/rulings.md#5")
        self.write("docs/guide.md", "# A guide\n\n[here](#a-guide), [it](contract/rulings.md#5), "
                                    "[text.md](contract/rulings.md), [web](https://example.com/a.md#b)\n")
        self.assertEqual(citations.check(self.root), [])
        for target in ("contract/rulings.md#6", "#the-guide", "contract/none", "../../outside.md"):
            self.write("docs/guide.md", f"# A guide\n\n[there]({target})\n")
            self.assertEqual([finding.line for finding in citations.check(self.root)], [3], target)

    # Words and lock files.

    def test_notes_of_unfinished_work(self):
        for mark in ("TO" + "DO", "FIX" + "ME", "XX" + "X"):
            self.write("src/chat/chat.cc", f'#include "chat/chat.h"\n// {mark}: later\n')
            self.assert_found(words.check, "src/chat/chat.cc", 2, mark)

    def test_detached(self):
        self.write("src/chat/chat.cc", '#include "chat/chat.h"\n// detached\nspawn(asio::detached);\n')
        self.assert_found(words.check, "src/chat/chat.cc", 3, "exceptions")
        self.write("src/chat/chat.cc", '#include "chat/chat.h"\nvoid F() { thread.detach(); }\n')
        self.assert_found(words.check, "src/chat/chat.cc", 2, "join")

    def test_lock_file_with_a_registry(self):
        self.write("tests/package-lock.json", json.dumps({"packages": {"node_modules/a": {
            "resolved": "https://npm.example/a-1.0.0.tgz", "integrity": "sha512-x"}}}))
        self.assert_found(words.check, "tests/package-lock.json", 1, "registry")

    def test_lock_file_without_a_hash(self):
        self.write("tests/package-lock.json", json.dumps({"packages": {"node_modules/a": {}}}))
        self.assert_found(words.check, "tests/package-lock.json", 1, "integrity")


def lint(body, signature="asio::awaitable<void> F()"):
    """The rules that a coroutine's body breaks, as (line of the body, text)."""
    findings = coroutines.check_text(f"{signature} {{\n{body}\n}}\n", "f.cc")
    return [(finding.line - 1, finding.text.removeprefix("co_await ")) for finding in findings]


class CoroutineTest(unittest.TestCase):
    def test_allowed(self):
        for body in (
                "co_await F();",
                "auto x = co_await F(a, std::move(b));",
                "const auto [ec, bytes] = co_await Read(as_tuple(use_awaitable));",
                "auto& [ec, bytes] = co_await Read();",
                "co_return co_await F();",
                "x = co_await F();  // why? {because}",
                "if (auto r = co_await F(g(1, 2)); !r) co_return;",
                "if (x) co_await F();",
                "if (x) {} else co_await F();",
                "for (int i = 0; i < 3; ++i) co_await F();",
                "for (auto r = co_await F(); r < 3; ++r) {}",
                "while (a ? b : c) { co_await F(); }",
                "do co_await F(); while (x);",
                "switch (x) { case kOne: co_await F(); break; default: co_await G(); }",
                "switch (x) { case A::kOne: { co_await F(); } }",
                "try { co_await F(); } catch (...) {}",
                "std::vector<int> v{1, 2}; co_await F(std::move(v));",
                "auto l = [a]() { return a; }; co_await F(std::move(l));",
                "spawn(ex, []() -> asio::awaitable<void> { co_await F(); }, token);",
                "auto l = []() -> asio::awaitable<std::vector<int>> { co_return co_await F(); };",
                "x[1] = co_await F(v[2]);",
                'auto s = co_await F("if (co_await x) {?}", \'{\', R"(co_await { ? )");',
                "/* if (co_await F()) */ co_await F();",
                "auto n = co_await F(1\'000\'000);",
                "[[maybe_unused]] auto x = co_await F();",
                "#define A(x) if (co_await x) {}\nco_await F();"):
            with self.subTest(body):
                self.assertEqual(lint(body), [])

    def test_allowed_bodies(self):
        for signature in ("asio::awaitable<R<int, T>> C::F(int a) const", "auto F() noexcept",
                          "asio::awaitable<void> F() override", "auto F() -> asio::awaitable<void>",
                          "namespace a { asio::awaitable<void> F() { co_return; } } struct S"):
            with self.subTest(signature):
                self.assertEqual(lint("co_await F();", signature), [])

    def test_conditions(self):
        for body in (
                "if (co_await F()) {}",
                "if (auto x = 1; co_await F(x)) {}",
                "if constexpr (co_await F()) {}",
                "while (co_await F()) {}",
                "switch (co_await F()) {}",
                "for (int i = 0; co_await F(i); ++i) {}",
                "for (int i = 0; i < 3; co_await F(i)) {}",
                "for (auto& x : co_await F()) {}"):
            with self.subTest(body):
                self.assertEqual(lint(body), [(1, "in a condition")])

    def test_company(self):
        for part, body in (
                ("`?:`", "auto x = y ? co_await F() : 1;"),
                ("`?:`", "co_await F(a ? b : c);"),
                ("braces", "co_await F(Options{1, 2});"),
                ("braces", "co_await F({1, 2});"),
                ("braces", "Options o{co_await F()};"),
                ("braces", "auto o = Options{.a = co_await F()};"),
                ("braces", "co_return Options{co_await F()};"),
                ("lambda", "co_await F([a] { return a; });"),
                ("lambda", "auto x = co_await F(1, [&](int i) mutable { G(i); });"),
                ("parentheses", "G(co_await F());"),
                ("parentheses", "if (!(co_await F())) {}"),
                ("parentheses", "Timer timer(co_await this_coro::executor);"),
                ("brackets", "x = v[co_await F()];")):
            with self.subTest(body):
                found = lint(body)
                self.assertEqual(len(found), 1)
                self.assertIn(part, found[0][1])

    def test_names_the_line(self):
        self.assertEqual(lint("co_await F();\n\nif (a &&\n    co_await F()) {}")[0][0], 4)

    def test_capturing_lambda(self):
        for capture in ("&", "=", "this", "a = std::move(b)"):
            body = f"auto l = [{capture}]() -> asio::awaitable<void> {{ co_await F(); }};"
            with self.subTest(body):
                self.assertIn("captures", lint(body)[0][1])
        self.assertEqual(coroutines.check_text(
            "void F() { auto l = [&]() -> A<void> { co_await G(); }; }", "f.cc", False), [])


class StripTest(unittest.TestCase):
    def test_keeps_the_shape(self):
        text = 'a /* b\n c */ "d\\"e" // f\n\'g\' R"x(h)" )x" 1\'000'
        stripped = source_tree.strip_cxx(text)
        self.assertEqual(len(stripped), len(text))
        self.assertEqual(stripped.count("\n"), 2)
        for letter in "bcdefgh":
            self.assertNotIn(letter, stripped)
        self.assertIn("1'000", stripped)


if __name__ == "__main__":
    unittest.main()
