"""The check of the layer table, checked: a planted violation must be found, a legal line must not."""
from __future__ import annotations

import tempfile
import unittest
from pathlib import Path

from check_layers import long_files, violations

LEGAL = {
    "server/base/time.hpp": "#include <chrono>\n#include <unistd.h>\n",
    "server/core/task.hpp": '#include "base/time.hpp"\n#include <fmt/format.h>\n',
    "server/wire/problem.hpp": '#include "core/task.hpp"\n#include <boost/json.hpp>\n#include <openssl/evp.h>\n',
    "server/http/session.cpp": '#include "wire/problem.hpp"\n#include <boost/beast/http.hpp>\n',
    "server/app/main.cpp": '#include "http/session.hpp"\n#include <CLI/CLI.hpp>\n',
    "server/http/session.hpp": "#include <string>\n",
    "client/https_exchange.cpp": "#include <boost/beast/core.hpp>\n",
    "config/load.cpp": '#include "core/task.hpp"\n#include <toml++/toml.h>\n',
    "tests/unit/core/task_test.cpp": '#include "core/task.hpp"\n#include "helper.hpp"\n#include <gtest/gtest.h>\n',
    "tests/unit/core/helper.hpp": '#include "base/time.hpp"\n',
    "tests/simulator/main.cpp": '#include "base/time.hpp"\n#include <boost/beast/http.hpp>\n',
}

#: (file, line to plant, what the complaint must say)
PLANTED = [
    ("server/base/time.hpp", '#include "core/task.hpp"', "room base may not include room core"),
    ("server/core/task.hpp", "#include <boost/asio/awaitable.hpp>", "room core may not include asio"),
    ("server/core/task.hpp", "#include <boost/json.hpp>", "room core may not include json"),
    ("server/core/task.hpp", "#include <unistd.h>", "room core may not include posix"),
    ("server/core/task.hpp", "#include <sqlite3.h>", "room core may not include sqlite"),
    ("server/wire/problem.hpp", '#include "http/session.hpp"', "room wire may not include room http"),
    ("server/wire/problem.hpp", "#include <boost/asio/ssl.hpp>", "room wire may not include asio"),
    ("server/app/main.cpp", "#include <boost/beast/http.hpp>", "room app may not include beast"),
    ("client/https_exchange.hpp", "#include <boost/beast/core.hpp>", "room client may not include beast"),
    ("config/load.cpp", '#include "wire/problem.hpp"', "room config may not include room wire"),
    ("tests/simulator/main.cpp", '#include "core/task.hpp"', "room simulator may not include room core"),
    ("server/core/task.hpp", '#include "time.hpp"', "each include line shows its room"),
    ("server/core/task.hpp", '#  include   "../base/time.hpp"', "each include line shows its room"),
    ("server/core/task.hpp", "#include <boost/spirit.hpp>", "may not include boost (spirit.hpp)"),
    ("server/cellar/rum.hpp", "#include <string>", "is in no room"),
]


class LayerTable(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        for name, text in LEGAL.items():
            self.write(name, text)

    def write(self, name: str, text: str) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def test_legal_lines_are_no_violation(self) -> None:
        self.assertEqual(violations(self.root), [])

    def test_each_planted_line_is_found_once_with_file_and_line(self) -> None:
        for name, line, complaint in PLANTED:
            with self.subTest(file=name, line=line):
                self.write(name, "// first line\n" + line + "\n")
                found = violations(self.root)
                self.assertEqual(len([text for text in found if complaint in text]), 1, found)
                self.assertTrue(found[0].startswith(name + ":"), found)
                if name in LEGAL:
                    self.write(name, LEGAL[name])
                else:
                    (self.root / name).unlink()

    def test_a_file_above_the_limit_is_a_warning_and_no_violation(self) -> None:
        self.write("server/core/long.cpp", "\n" * 401)

        self.assertEqual(len(long_files(self.root)), 1)
        self.assertEqual(violations(self.root), [])


if __name__ == "__main__":
    unittest.main()
