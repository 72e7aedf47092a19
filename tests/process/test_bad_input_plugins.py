"""Plugins that cannot be deployed: a clear reason, and nothing is hurt."""

import unittest

from bad_input import AccountTest, cases
from harness import (BUILT_EXAMPLES, EXAMPLES, PLUGINS, STRATEGY, Daemon,
                     ProcessTest, wait_until, write_app)

HELLO = EXAMPLES / "hello" / "app.toml"

# Plugin built in tests/plugins, and words of the reason that deploy gives.
BAD = {
    "wrong_abi": ("ABI version 999",),
    "missing_symbol": ("serval_plugin_entry",),
    "undefined_symbol": ("undefined symbol",),
    "refuses_host": ("refused",),
    "no_backends": ("no backend",),
    "duplicate_names": ("two backends",),
    "null_in_create": ("echo",),
    "throws_in_create": ("echo", "cannot find the model"),
    "crashes_in_create": ("echo",),
    "exits_in_create": ("echo",),
    "hangs_in_create": ("echo",),
}


class BadPluginTest(ProcessTest):
    def setUp(self):
        self.folder = self.scratch()

    def refused(self, daemon, plugin, *words):
        """Deploy says why not, inline or not; the daemon serves on."""
        for isolation in ("process", "inline"):
            with self.subTest(plugin=str(plugin), isolation=isolation):
                file = write_app(self.folder, plugin,
                                 {"echo": {"isolation": isolation}})
                run = daemon.cli("deploy", file, seconds=60)
                self.fails(run, *words)
                self.assertEqual(
                    daemon.http("POST", "/hello", b"x").status, 200)
                self.assertIn(daemon.http("POST", "/app", b"x").status,
                              (404, 503))

    @cases(940, 941, 942, 946)
    def test_each_bad_plugin_is_refused_with_its_reason(self):
        with Daemon("worker.start_timeout=1s") as daemon:
            daemon.deploy(HELLO)
            for name, words in BAD.items():
                plugin = PLUGINS / f"{name}.so"
                self.assertTrue(plugin.exists(), plugin)
                self.refused(daemon, plugin, *words)

    @cases(939)
    def test_files_that_are_no_plugin_are_refused(self):
        text = self.folder / "text.so"
        text.write_text("not a shared object\n")
        empty = self.folder / "empty.so"
        empty.touch()
        cut = self.folder / "cut.so"
        whole = (BUILT_EXAMPLES / "hello.so").read_bytes()
        cut.write_bytes(whole[:len(whole) // 2])
        with Daemon("worker.start_timeout=1s") as daemon:
            daemon.deploy(HELLO)
            self.refused(daemon, self.folder / "gone.so", "gone.so")
            self.refused(daemon, text, "ELF")
            self.refused(daemon, empty)
            self.refused(daemon, cut)
            self.refused(daemon, self.folder)

    def test_a_bad_release_leaves_the_one_before_in_place(self):
        with Daemon("worker.start_timeout=1s") as daemon:
            daemon.deploy(write_app(
                self.folder, STRATEGY, {"echo": {}}))
            for name in ("wrong_abi", "crashes_in_create"):
                run = daemon.cli("deploy", write_app(
                    self.folder, PLUGINS / f"{name}.so", {"echo": {}}),
                    seconds=60)
                self.fails(run)
                self.assertEqual(
                    daemon.http("POST", "/app", b"1").body, b"1")

    def test_a_backend_that_the_plugin_does_not_have_is_refused(self):
        with Daemon("worker.start_timeout=1s") as daemon:
            daemon.deploy(HELLO)
            self.refused(daemon, BUILT_EXAMPLES / "hello.so", "echo")

    def test_a_plugin_leaves_no_process_behind(self):
        with Daemon("worker.start_timeout=1s") as daemon:
            for name in ("crashes_in_create", "hangs_in_create"):
                daemon.cli("deploy", write_app(
                    self.folder, PLUGINS / f"{name}.so", {"echo": {}}),
                    seconds=60)
            wait_until(lambda: not daemon.workers(), "no child is left")


class PluginAccountTest(AccountTest):
    def test_every_case_is_accounted_for(self):
        image = "tests/backend/plugin_image_test.cpp"
        api = "tests/process/test_bad_input_api.py"
        faults = "tests/process/test_faults.py"
        self.account(
            range(939, 954), (BadPluginTest,),
            elsewhere={
                944: (image, "nobody can change an image"),
                945: (api, "test_a_plugin_is_named_by_its_hash"),
                947: ("tests/backend/spawner_test.cpp",
                      "a process inherits socket, board, plugin, program"),
                949: ("tests/plugin/dl_library_test.cpp",
                      "a memfd whose number is used again"),
                950: (faults, "test_a_killed_worker_process_is_replaced"),
                951: ("tests/backend/process_body_test.cpp",
                      "an abort and a stack overflow cost one process"),
                952: ("tests/backend/process_body_test.cpp",
                      "stop has an end even if user code does not heed it")},
            without={
                943: "what the operator's environment preloads is the "
                     "operator's; plugins come as bytes, without a path",
                948: "a worker process loads one plugin, once",
                953: "only C types cross the boundary, see plugin.h"})


if __name__ == "__main__":
    unittest.main()
