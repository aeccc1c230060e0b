"""What a grammar shows to be nothing but layout, and what it must not take for that."""

from __future__ import annotations

import random
import shutil
import subprocess
from pathlib import Path

import pytest

from mtor_action.symbols.token_layout import has_same_layout_tokens

SAMPLES = Path(__file__).parent / "outlines"
LAYOUT = [
    ("a.go", "package a\nfunc f( ) {\nx:=1\n\n\n\ng(x ,2)\n}\n", "package a\n\nfunc f() {\n\tx := 1\n\n\tg(x, 2)\n}\n"),
    ("a.go", "package a\nvar x = 1 // one\nvar yy = 2 // two\n", "package a\nvar x = 1  // one\nvar yy = 2 // two\n"),
    ("a.js", "function f(a,b){return a+b}\n", "function f(a, b) {\n  return a + b\n}\n"),
    ("a.js", "f(a,b).then(c)\n", "f(\n  a,\n  b\n)\n  .then(c)\n"),
    ("a.js", "if (a) {b()}\nelse {c()}\n", "if (a) {\n  b()\n} else {\n  c()\n}\n"),
    ("a.ts", "const x:number=a&&b;\n", "const x: number =\n  a\n  && b;\n"),
    ("a.tsx", "const x = <a> b </a>;\nlet y=1;\n", "const x = <a> b </a>;\nlet y = 1;\n"),
    ("a.rs", "fn f(a:u8)->u8{a+1}\n", "fn f(a: u8) -> u8 {\n    a + 1\n}\n"),
    ("A.java", "class A{int f(){return 1;}}\n", "class A {\n    int f() {\n        return 1;\n    }\n}\n"),
    ("A.cs", "class A{int F(){return 1;}}\n", "class A {\n    int F() {\n        return 1;\n    }\n}\n"),
    (
        "A.cs",
        "class A {\n  void F(int a,B<C>b) {\n  g(a ,b);}\n}\n",
        "class A {\n  void F(int a, B<C> b)\n  {\n    g(a, b);\n  }\n}\n",
    ),
]
OTHER = [
    ("a.js", "function f() { return a }\n", "function f() { return\n a }\n"),  # which returns nothing
    ("a.js", "async function f() {}\n", "async\nfunction f() {}\n"),
    ("a.js", "a\n++b\n", "a++\nb\n"),
    ("a.js", "a = b\n(c)\n", "a = b(c)\n"),
    ("a.js", "x = a - -b\n", "x = a--b\n"),
    ("a.js", "x = a + +b\n", "x = a ++ b\n"),
    ("a.js", "x = 'a  b'\n", "x = 'a b'\n"),
    ("a.js", "x = `a\n b`\n", "x = `a\n  b`\n"),
    ("a.js", "x = `${ a }`\n", "x = `${a}`\n"),
    ("a.js", "x = /a b/\n", "x = /a  b/\n"),
    ("a.js", "f(a) // b\n", "f(a) //  b\n"),
    ("a.js", "f(a) // b\ng()\n", "f(a)\n// b\ng()\n"),
    ("a.js", "f(a, b)\n", "f(b, a)\n"),
    ("a.js", "f(a)\n", "f(a);\n"),
    ("a.js", "f('a')\n", 'f("a")\n'),
    ("a.js", "f(a)\n", "f(a)\u2028g(b)\n"),
    ("a.js", "f(a)\n", "f(a)\r\n"),
    ("a.js", "f(a)\n", "f(a)\u00a0\n"),
    ("a.js", "f(a\n", "f( a\n"),
    ("a.js", "\n#!/bin/sh\n", "#!/bin/sh\n"),
    ("a.ts", "class A { x\n y }\n", "class A { x y }\n"),
    ("a.ts", "type\nA = B\n", "type A = B\n"),
    ("a.ts", "let x = y!\n(z)\n", "let x = y!(z)\n"),
    ("a.tsx", "const x = <a> <b/></a>\n", "const x = <a><b/></a>\n"),
    ("a.tsx", "const x = <a>b c</a>\n", "const x = <a>b\nc</a>\n"),
    ("a.go", "package a\n\n//go:build linux\n\nfunc f() {}\n", "package a\n\n//go:build linux\nfunc f() {}\n"),
    ("a.go", 'package a\n\n// #include <a.h>\nimport "C"\n', 'package a\n\n// #include <a.h>\n\nimport "C"\n'),
    ("a.go", "package a\nvar x = `a\n b`\n", "package a\nvar x = `a\nb`\n"),
    ("a.go", 'package a\nimport (\n"b"\n"a"\n)\n', 'package a\n\nimport (\n\t"a"\n\t"b"\n)\n'),
    ("a.rs", "fn f() { x!(a + b) }\n", "fn f() { x!(a+b) }\n"),
    ("a.rs", "macro_rules! m { (= >) => {} }\n", "macro_rules! m { (=>) => {} }\n"),
    ("a.rs", "fn f() -> bool { a && b }\n", "fn f() -> bool { a & &b }\n"),
    ("a.rs", 'const A: &str = "a\n  b";\n', 'const A: &str = "a\n b";\n'),
    ("A.cs", 'class A { string s = @"a\n b"; }\n', 'class A { string s = @"a\nb"; }\n'),
    ("A.cs", 'class A { string s = $"{ a }"; }\n', 'class A { string s = $"{a}"; }\n'),
    ("A.cs", 'class A { string s = """\n    a\n    """; }\n', 'class A { string s = """\n   a\n   """; }\n'),
    ("A.cs", "#if A\nclass A {}\n#endif\n", "#if A\nclass A { }\n#endif\n"),
    ("A.cs", "class A {\n#region  x\n#endregion\n}\n", "class A {\n#region x\n#endregion\n}\n"),
    ("A.cs", "class A { bool f = a < b && c > d; }\n", "class A { bool f = a < b & & c > d; }\n"),
    ("A.cs", "class A { int f = a - -b; }\n", "class A { int f = a--b; }\n"),
    ("A.cs", "class A { int f; // b\n}\n", "class A { int f;\n// b\n}\n"),
    ("A.cs", "class A { char c = ' '; }\n", "class A { char c = '  '; }\n"),
    ("A.kt", "fun f() { return }\n", "fun f() {\n  return\n}\n"),
    ("a.php", "<?php f( 1 );\n", "<?php f(1);\n"),
    ("a.lua", "f( 1 )\n", "f(1)\n"),
    ("a.scala", "def f( a: Int ) = a\n", "def f(a: Int) = a\n"),
    ("a.swift", "let a=1\n", "let a = 1\n"),
    ("a.c", "int f(){return 1;}\n", "int f() { return 1; }\n"),  # a macro may see blanks
    ("a.rb", "f [1]\n", "f[1]\n"),
    ("a.sh", "a=1\n", "a = 1\n"),
    ("a.css", "a{b:c}\n", "a { b: c }\n"),
    ("a.go", "", "package a\n"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "before", "after"), LAYOUT)
def test_blanks_and_line_breaks_that_mean_nothing_are_layout(path: str, before: str, after: str) -> None:
    assert has_same_layout_tokens(path, before.encode(), after.encode())
    assert has_same_layout_tokens(path, after.encode(), before.encode())


@pytest.mark.parametrize(("path", "before", "after"), OTHER)
def test_what_a_program_or_a_tool_can_see_is_not_layout(path: str, before: str, after: str) -> None:
    assert not has_same_layout_tokens(path, before.encode(), after.encode())
    assert not has_same_layout_tokens(path, after.encode(), before.encode())


@pytest.mark.parametrize(
    "name", ["sample.go", "sample.rs", "sample.js", "sample.ts", "sample.tsx", "Sample.java", "sample.cs"]
)
def test_no_single_changed_sign_passes_for_layout(name: str) -> None:
    before = (SAMPLES / name).read_bytes()
    assert has_same_layout_tokens(name, before, before) or b"\r" in before
    seed = random.Random(name)
    for _ in range(60):
        at = seed.randrange(len(before))
        sign = bytes([seed.choice(b"ax1(){};,.+-=\"'/*<>#@")])
        if sign != before[at : at + 1]:
            assert not has_same_layout_tokens(name, before, before[:at] + sign + before[at + 1 :])
            assert not has_same_layout_tokens(name, before, before[:at] + sign + before[at:])


@pytest.mark.skipif(not shutil.which("gofmt"), reason="gofmt is not installed")
def test_what_gofmt_does_to_code_is_layout() -> None:
    text = """package a

func f(a int,b string) map[string]int{
x:=map[string]int{"a":1,
"bcd" : 2}
for i:=range a{x[b]=i}
return x}
"""
    source = text.encode()
    done = subprocess.run(["gofmt"], input=source, capture_output=True, check=True)
    assert done.stdout != source
    assert has_same_layout_tokens("a.go", source, done.stdout)
