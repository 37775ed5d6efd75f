"""The receiver library works for a user who has only g++ and the installed package.

Builds it with HOOKLINE_RECEIVER_ONLY, runs its unit tests under that compiler, installs it below
--work, builds examples/receiver with find_package against what was installed, and sends that
program signed, compressed and forged calls. All answers are judged by Python's own hmac and gzip.
"""

import argparse
import gzip
import hashlib
import hmac
import http.client
import os
import pathlib
import shutil
import subprocess
import sys
import threading
import unittest

ARGS = None
STEP_SECONDS = 600
ANSWER_SECONDS = 20
SECRET = "package-test-secret"
EVENT = b'{"type":"message.new","cid":"messaging:dock-4","big":12345678901234567890123,"x":1e400}'


def run(*command, cwd=None):
    """Runs one build step; its output appears only if it fails."""
    done = subprocess.run(
        [str(part) for part in command], cwd=cwd, timeout=STEP_SECONDS, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, command))}\nexit {done.returncode}\n{done.stdout}")
    return done.stdout


def configure(source, build, *options):
    run(ARGS.cmake, "-S", source, "-B", build, f"-DCMAKE_CXX_COMPILER={ARGS.cxx}",
        "-DCMAKE_BUILD_TYPE=Release", "-DCMAKE_EXPORT_COMPILE_COMMANDS=ON", *options)


def signature(body):
    return hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()


class Receiver:
    """The example program, running on a free port."""

    def __init__(self, program):
        self.process = subprocess.Popen(
            [program, "0", SECRET], stdout=subprocess.PIPE, text=True, bufsize=1)
        # A program that prints nothing must fail the test, not hang it.
        self.watchdog = threading.Timer(5 * ANSWER_SECONDS, self.process.kill)
        self.watchdog.start()
        self.port = int(self.line().rpartition(":")[2])
        self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=ANSWER_SECONDS)

    def line(self):
        return self.process.stdout.readline().rstrip("\n")

    def post(self, body, webhook_id, headers):
        """Sends one call over the same connection as all others; gives (status, printed line)."""
        self.connection.request("POST", "/webhooks", body, {
            "Content-Type": "application/json", "X-Webhook-Id": webhook_id,
            "X-Webhook-Attempt": "1", "X-Api-Key": "key", **headers})
        if self.first_socket is None:
            self.first_socket = self.connection.sock
        answer = self.connection.getresponse()
        answer.read()
        return answer.status, self.line()

    first_socket = None

    def close(self):
        self.connection.close()
        self.process.kill()
        self.process.wait()
        self.watchdog.cancel()
        self.process.stdout.close()


class ReceiverPackageTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        work = pathlib.Path(ARGS.work)
        shutil.rmtree(work, ignore_errors=True)
        cls.library_build = work / "library"
        cls.prefix = work / "prefix"
        cls.example_build = work / "example"
        jobs = str(os.cpu_count() or 1)
        configure(ARGS.source, cls.library_build, "-DHOOKLINE_RECEIVER_ONLY=ON",
                  "-DHOOKLINE_RECEIVER_TESTS=ON", "-DHOOKLINE_WERROR=ON")
        run(ARGS.cmake, "--build", cls.library_build, "--parallel", jobs)
        run(ARGS.cmake, "--install", cls.library_build, "--prefix", cls.prefix)
        configure(pathlib.Path(ARGS.source) / "examples" / "receiver", cls.example_build,
                  f"-DCMAKE_PREFIX_PATH={cls.prefix}", "-DCMAKE_CXX_STANDARD=17",
                  "-DCMAKE_CXX_STANDARD_REQUIRED=ON", "-DCMAKE_CXX_FLAGS=-Wall -Wextra -Werror")
        run(ARGS.cmake, "--build", cls.example_build)
        cls.receiver = Receiver(cls.example_build / "receiver")
        cls.addClassCleanup(cls.receiver.close)

    def test_unit_tests_pass_under_this_compiler(self):
        self.assertIn("[  PASSED  ]", run(
            self.library_build / "tests" / "unit" / "webhook" / "webhook_test"))

    def test_everything_was_compiled_as_cxx17(self):
        for build in (self.library_build, self.example_build):
            commands = (build / "compile_commands.json").read_text()
            self.assertIn("-std=c++17", commands.replace("gnu++", "c++"))
            self.assertNotIn("++20", commands)
            self.assertNotIn("++23", commands)

    def test_installs_headers_library_and_package_only(self):
        installed = {str(path.relative_to(self.prefix)) for path in self.prefix.rglob("*")
                     if path.is_file()}
        headers = {path for path in installed if path.startswith("include/")}
        self.assertEqual(headers, {f"include/hookline/{name}.h" for name in
                                   ("event", "signature", "webhook", "webhook_error")})
        rest = {pathlib.PurePath(path).name for path in installed - headers}
        self.assertEqual(rest, {
            "libhookline_webhook.a", "hookline_webhook-config.cmake",
            "hookline_webhook-config-version.cmake", "hookline_webhook-targets.cmake",
            "hookline_webhook-targets-release.cmake"})

    def test_installed_package_does_not_point_back_to_the_source(self):
        for path in self.prefix.rglob("*.cmake"):
            text = path.read_text()
            self.assertNotIn(str(ARGS.source), text, path)
            self.assertNotIn(str(self.library_build), text, path)

    def test_another_minor_version_is_refused(self):
        project = pathlib.Path(ARGS.work) / "version"
        project.mkdir()
        (project / "CMakeLists.txt").write_text(
            "cmake_minimum_required(VERSION 3.16)\nproject(version LANGUAGES CXX)\n"
            "find_package(hookline_webhook ${WANTED} REQUIRED)\n")
        prefix = f"-DCMAKE_PREFIX_PATH={self.prefix}"
        configure(project, project / "build", prefix, "-DWANTED=0.1")
        with self.assertRaisesRegex(AssertionError, "not compatible|compatible with requested"):
            configure(project, project / "build", prefix, "-DWANTED=0.0")

    def test_accepts_a_signed_call(self):
        answer = self.receiver.post(EVENT, "id-1", {"X-Signature": signature(EVENT)})
        self.assertEqual(answer, (200, "message.new id-1"))

    def test_accepts_a_compressed_call(self):
        answer = self.receiver.post(gzip.compress(EVENT), "id-2", {
            "X-Signature": signature(EVENT), "Content-Encoding": "gzip"})
        self.assertEqual(answer, (200, "message.new id-2"))

    def test_refuses_a_forged_call(self):
        right = signature(EVENT)
        for wrong in (right[:-1] + ("0" if right[-1] != "0" else "1"), right.upper(),
                      "sha256=" + right, ""):
            answer = self.receiver.post(EVENT, "id-3", {"X-Signature": wrong})
            self.assertEqual(answer, (401, "refused: signature mismatch"))
        answer = self.receiver.post(EVENT + b" ", "id-3", {"X-Signature": right})
        self.assertEqual(answer, (401, "refused: signature mismatch"))
        answer = self.receiver.post(EVENT, "id-3", {})
        self.assertEqual(answer, (401, "refused: signature mismatch"))

    def test_refuses_damaged_gzip_and_json(self):
        answer = self.receiver.post(gzip.compress(EVENT)[:-9], "id-4", {
            "X-Signature": signature(EVENT)})
        self.assertEqual(answer, (401, "refused: gzip decompression failed"))
        answer = self.receiver.post(b"[1]", "id-4", {"X-Signature": signature(b"[1]")})
        self.assertEqual(answer, (401, "refused: invalid JSON payload"))

    def test_keeps_the_connection(self):
        for webhook_id in ("id-5", "id-6"):
            self.receiver.post(EVENT, webhook_id, {"X-Signature": signature(EVENT)})
        self.assertIs(self.receiver.connection.sock, self.receiver.first_socket)


def main():
    global ARGS
    parser = argparse.ArgumentParser(description=__doc__)
    for option in ("--source", "--work", "--cxx", "--cmake"):
        parser.add_argument(option, required=True)
    ARGS, rest = parser.parse_known_args()
    unittest.main(argv=[sys.argv[0], *rest])


if __name__ == "__main__":
    main()
