"""`at=top` is below what must come first in a file of that language, and above it only for what may be there."""

from __future__ import annotations

import pytest

from mtor_action.manifest.manifest import parse_spec
from mtor_action.manifest.text import Part
from mtor_action.plan.plan import make_plan
from mtor_action.tree.changes import FileState
from mtor_action.tree.tree import DictTree

LICENSE = "/*\n * A licence\n */\n"


def inserted(path: str, source: str, body: str) -> str:
    """The file after an insertion at its top, which is seen to be there when the spec is applied again."""
    spec = parse_spec([Part("s.md", f"```insert={path} at=top\n{body}```\n".encode())])
    assert not spec.diagnostics
    plan = make_plan(spec, DictTree({path: FileState(source.encode())}))
    assert not plan.faults
    (change,) = plan.changes
    assert change.after is not None
    again = make_plan(spec, DictTree({path: change.after}))
    assert not again.changes
    return change.after.content.decode()


@pytest.mark.parametrize(
    ("path", "head", "rest", "body"),
    [
        ("a.go", LICENSE + "\n//go:build linux\n\npackage a\n\n", 'import (\n\t"b"\n)\n', 'import "errors"\n'),
        ("a.go", "package a // a\n", "var x = 1\n", 'import "errors"\n'),
        ("a.go", "package a\n", "var x = 1\n", '// Errors.\nimport "errors"\n'),
        ("a.js", "'use strict'; // all of it\n", "f();\n", "/* A */ import a from 'a';\n"),
        ("a.rs", "#![no_std]\n", "use b;\n", "/// An A.\nstruct A;\n"),
        ("a.rb", "# frozen_string_literal: true\n", "f\n", "# A.\nrequire 'a'\n"),
        ("A.java", LICENSE + "package a.b.c;\n\n", "import a.B;\n", "import a.A;\n"),
        ("a.kt", '@file:JvmName("A")\n\npackage a.b\n\n', "import a.B\n", "import a.A\n"),
        ("a.tsx", "'use client';\n\n", "import React from 'react';\n", "import a from 'a';\n"),
        ("a.js", '// a\n"use strict"\n', "f();\n", "import a from 'a';\n"),
        ("a.js", "#!/usr/bin/env node\n'use strict';\n", "f();\n", "const a = 1;\n"),
        ("a.rs", "//! A crate.\n//! More.\n#![no_std]\n#![deny(\n    unsafe_code,\n)]\n\n", "use b;\n", "use a;\n"),
        ("a.php", "<?php\n\ndeclare(strict_types=1);\n\nnamespace A\\B;\n\n", "use C;\n", "use A;\n"),
        ("a.rb", "# frozen_string_literal: true\n\n", "require 'b'\n", "require 'a'\n"),
        ("a.yml", "# a\n---\n", "b: 1\n", "a: 1\n"),
        ("a.md", "---\ntitle: A\n---\n\n", "# A\n", "Text.\n"),
        ("a.css", '@charset "utf-8";\n', "a {}\n", "@import 'b';\n"),
        ("a.html", "<!DOCTYPE html>\n", "<html></html>\n", "<p>\n"),
    ],
)  # fmt: skip
def test_code_at_the_top_is_below_what_must_come_first(path: str, head: str, rest: str, body: str) -> None:
    assert inserted(path, head + rest, body) == head + body + rest


@pytest.mark.parametrize(
    ("path", "source", "body"),
    [
        ("a.go", "package a\n", LICENSE),
        ("a.go", "package a\n", "//go:build linux\n\n"),
        ("a.js", "'use strict';\n", "// A licence.\n"),
        ("a.js", "f('use strict');\n", "g();\n"),
        ("a.ts", "import a from 'a';\n'use client';\n", "import b from 'b';\n"),
        ("a.tsx", "import a from 'a';\n", "'use client';\n\n"),
        ("a.rs", "#![no_std]\nuse b;\n", "//! A crate.\n"),
        ("a.rs", "#![no_std]\nuse b;\n", "#![feature(x)]\n"),
        ("a.rs", "use b;\n", "use a;\n"),
        ("a.yml", "---\na: 1\n", "# A comment.\n"),
        ("a.md", "# A\n\n---\nb: c\n---\n", "Text.\n"),
        ("a.md", "---\n\nNot front matter.\n", "Text.\n"),
        ("a.go", "/* never closed\npackage a\n", 'import "b"\n'),
        ("a.cfg", "package a\n", "b\n"),
        ("a.go", "", 'import "b"\n'),
    ],
)  # fmt: skip
def test_what_may_be_above_is_at_the_very_top(path: str, source: str, body: str) -> None:
    assert inserted(path, source, body) == body + source
