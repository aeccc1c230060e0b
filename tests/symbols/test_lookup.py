"""A path names exactly one definition, or the reason says which form does."""

from __future__ import annotations

import pytest

from mtor_action.manifest.file_blocks.symbol_reference import SymbolReference, is_hash, symbol_fault
from mtor_action.symbols.grammar import ParsingEffort
from mtor_action.symbols.lookup import SymbolFault, find_definition, outline_of, shown_hash, text_hash

TWINS = b"""class Client:
    @property
    def size(self):
        return 1

    @size.setter
    def size(self, value):
        pass

    def send(self):
        pass


def send(x):
    pass
"""


def find(source: bytes, text: str, sig: str = "", path: str = "a.py") -> int | SymbolFault:
    """Return the 1-based line of the definition."""
    outline = outline_of(path, source.split(b"\n"), ParsingEffort())
    assert not isinstance(outline, SymbolFault), outline
    match = find_definition(outline, SymbolReference(text, sig))
    return match if isinstance(match, SymbolFault) else match.line + 1


def fault(source: bytes, text: str, sig: str = "", path: str = "a.py") -> SymbolFault:
    match = find(source, text, sig, path)
    assert isinstance(match, SymbolFault)
    return match


def test_a_full_path_names_its_definition() -> None:
    assert find(TWINS, "Client.send") == 10
    assert find(TWINS, "send") == 14


def test_a_last_name_alone_is_not_a_path() -> None:
    missing = fault(TWINS, "size")
    assert missing.rule == "symbol-missing"
    assert 'line 3: Client.size#1 sig="(self)"' in missing.help


def test_twins_are_listed_with_the_form_that_names_each() -> None:
    twins = fault(TWINS, "Client.size")
    assert twins.rule == "symbol-ambiguous"
    assert 'line 3: Client.size#1 sig="(self)"\nline 7: Client.size#2 sig="(self, value)"' in twins.help


def test_a_twin_is_named_by_its_number_and_its_signature() -> None:
    assert find(TWINS, "Client.size#2", "(self, value)") == 7
    assert find(TWINS, "Client.size#2", "self, value") == 7
    assert find(TWINS, "Client.size#2", "def size(self, value)") == 7
    assert find(TWINS, "Client.size", "(self, value)") == 7


@pytest.mark.parametrize(
    ("text", "sig", "rule"),
    [
        ("Client.size#2", "", "symbol-ambiguous"),
        ("Client.size#2", "(self)", "symbol-missing"),
        ("Client.size#3", "(self)", "symbol-missing"),
        ("Client.send#2", "(self)", "symbol-missing"),
        ("Client.send#1", "(self)", "symbol-missing"),
        ("Client.send", "(self, x)", "symbol-missing"),
        ("Client.send", "d", "symbol-missing"),
        ("client.send", "", "symbol-missing"),
        ("Client", "class", "symbol-missing"),
    ],
)
def test_a_number_or_a_signature_that_does_not_fit_is_a_fault(text: str, sig: str, rule: str) -> None:
    assert fault(TWINS, text, sig).rule == rule


def test_a_misspelt_path_names_the_nearest() -> None:
    assert fault(TWINS, "Client.sned").help == 'did you mean "Client.send"?'


@pytest.mark.parametrize(
    "text",
    ["impl Display for A.fmt", "impl  Display for A.fmt", "impl Display for A<T>.fmt", "impl Display for A::fmt"],
)
def test_rusts_implementations_are_named_by_trait_and_type(text: str) -> None:
    source = b"impl<T> fmt::Display for A<T> {\n    fn fmt() {}\n}\nimpl A<u8> {\n    fn new() {}\n}\n"
    assert find(source, text, path="a.rs") == 2
    assert [find(source, form, path="a.rs") for form in ("A.new", "A::new", "impl A.new", "impl A<u8>.new")] == [5] * 4


def test_a_qualified_name_of_cpp_may_be_written_as_it_is() -> None:
    source = b"namespace n {\nvoid A::m() {}\n}\n"
    assert find(source, "n::A::m", path="a.cpp") == find(source, "n.A.m", path="a.cpp") == 2


def test_a_name_that_may_hide_in_a_syntax_error_is_refused() -> None:
    source = b"class A {\n  f() {}\n}\n\n) f (;\n\nfunction g() {}\n"
    assert fault(source, "A.f", path="a.js").rule == "symbol-unparsed"
    assert find(source, "g", path="a.js") == 7


@pytest.mark.parametrize(
    ("path", "source", "text", "line"),
    [
        ("a.go", b"package a\nfunc (c *Client) Send() {}\n", "(*Client).Send", 2),
        ("a.go", b"package a\nfunc (c *Client) Send() {}\n", "(Client).Send", 2),
        ("a.go", b"package a\nfunc (c *Client) Send() {}\n", "*Client.Send()", 2),
        ("a.rb", b"module M\n  class A\n    def b\n    end\n  end\nend\n", "M::A#b", 3),
        ("A.java", b"class A {\n  void b() {}\n}\n", "A#b", 2),
        ("a.py", b"class A:\n    def b(self): ...\n", "A::b", 2),
        ("a.py", b"class A:\n    def b(self): ...\n", "A.b()", 2),
        ("a.js", b"class A {\n  #b() {}\n  b() {}\n}\n", "A.#b", 2),
        ("a.js", b"class A {\n  #b() {}\n  b() {}\n}\n", "A#b", 3),
        ("a.rs", b"impl Error {\n    fn new() {}\n}\n", "Error", 1),
        ("a.rs", b"impl A {\n    fn a() {}\n}\nstruct A;\n", "A", 4),
    ],
)
def test_the_notations_of_documentation_name_the_same(path: str, source: bytes, text: str, line: int) -> None:
    assert find(source, text, path=path) == line


@pytest.mark.parametrize(
    ("path", "source", "text", "form"),
    [
        ("a.py", b"class A:\n    def b(self): ...\n", "def b(self)", "line 2: A.b"),
        ("a.py", b"class A:\n    def b(self): ...\n", "class A", "line 1: A"),
        ("a.go", b"package a\nfunc (c *Client) Send() {}\n", "func (c *Client) Send", "line 2: Client.Send"),
        ("a.go", b"package a\nfunc Send(a int) error {}\n", "func Send(a int) error", "line 2: Send"),
        ("a.rs", b"impl fmt::Display for A {\n    fn fmt() {}\n}\n", "<A as Display>::fmt", "Display for A.fmt"),
        ("A.java", b"class A {\n  void b() {}\n  void b(int i) {}\n}\n", "b(long)", 'line 3: A.b#2 sig="(int i)"'),
    ],
)
def test_a_header_instead_of_a_path_is_answered_with_the_path(path: str, source: bytes, text: str, form: str) -> None:
    missing = fault(source, text, path=path)
    assert missing.rule == "symbol-missing"
    assert form in missing.help


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("A.b()", 2),
        ("A.b(int)", 3),
        ("A#b(int i)", 3),
        ("A.b(Map<String, Integer>, List<X>)", 4),
        ("A.b(Map<String,Integer> m, List<X> l)", 4),
        ("A.b(X...)", 5),
        ("A.b(int[])", 6),
    ],
)
def test_an_overload_may_be_named_by_the_types_of_its_parameters(text: str, line: int) -> None:
    parameters = ("", "int i", "Map<String, Integer> m, List<X> l", "X... x", "int[] i")
    overloads = [f"void b({each}) {{}}\n" for each in parameters]
    source = f"class A {{\n{''.join(overloads)}}}\n".encode()
    assert find(source, text, path="A.java") == line
    unknown = fault(source, "A.b(long)", path="A.java")
    assert (unknown.rule, "A.b#2 sig=" in unknown.help) == ("symbol-ambiguous", True)
    assert fault(f"class A {{\n{overloads[0]}}}\n".encode(), "A.b(int)", path="A.java").rule == "symbol-missing"


@pytest.mark.parametrize(
    "sig", ["(a: int, b=None)", "( a: int, b=None, )", "a:int,b = None", "(\n    a: int,\n    b=None,\n)"]
)
def test_a_signature_counts_without_what_a_formatter_decides(sig: str) -> None:
    source = b"def f(a): ...\n\n\ndef f(\n    a: int,\n    b=None,\n): ...\n"
    assert find(source, "f#2", sig) == 4
    assert 'line 4: f#2 sig="(a: int, b=None)"' in fault(source, "f").help
    assert fault(source, "f#2", "(a: int)").rule == "symbol-missing"


def test_an_unknown_language_and_a_file_beyond_the_limits_are_faults() -> None:
    unknown = outline_of("a.xyz", [b"x"], ParsingEffort())
    assert isinstance(unknown, SymbolFault)
    assert unknown.rule == "symbol-language"
    for lines in ([b"(" * 2_000], [b"x = 1\n" * 500_000]):
        beyond = outline_of("a.py", lines, ParsingEffort())
        assert isinstance(beyond, SymbolFault)
        assert beyond.rule == "symbol-unparsed"


def test_parsing_ends_when_the_effort_is_used_up() -> None:
    effort = ParsingEffort(reports=20_000)
    garbage = [b"*/ " * 7_000]  # quadratic: without an end it takes the parser half a minute
    results = [outline_of("a.go", garbage, effort) for _ in range(5)]
    assert all(isinstance(result, SymbolFault) for result in results)
    assert effort.reports <= 0


def test_an_ambiguous_reading_without_end_is_not_begun() -> None:
    beyond = outline_of("A.java", [b"a<b<" * 20_000], ParsingEffort())  # 19 GB, had it been
    assert isinstance(beyond, SymbolFault)


def test_a_hash_is_of_the_lines_alone() -> None:
    assert text_hash([b"a", b"b"]) != text_hash([b"a\nb "])
    assert is_hash(shown_hash([b"a"]))
    assert not is_hash("abc")
    assert symbol_fault("  ")
    assert symbol_fault("a\u202eb")
    assert not symbol_fault("impl Display for A.fmt")
