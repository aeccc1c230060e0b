"""Which lines of an implementer are listed for a reviewer, and which ordinary ones are not."""

from __future__ import annotations

import pytest

from mtor_action.plan.placed_operations import Plan
from mtor_action.scope.expected_values import expected_in, named_tests
from mtor_action.scope.look_first import MOST_LOOKS, look_first
from mtor_action.tree.changes import Change, FileState
from mtor_action.tree.tree import DictTree

PY_TESTS = {
    "tests/test_a.py": "def test_a():\n    assert f(3) == 30\n    assert f(7) == 70\n    assert name() == 'marigold'\n"
}
GO_TESTS = {"a_test.go": "var cases = []struct{ in, out int }{\n\t{3, 30},\n\t{7, 70},\n}\n"}
RS_TESTS = {
    "src/a.rs": "#[cfg(test)]\nmod tests {\n    #[test]\n    fn a() {\n        assert_eq!(f(3), 30);\n    }\n}\n"
}
JS_TESTS = {"a.test.js": "test('a', () => {\n  expect(f(3)).toBe(30)\n  expect(name()).toEqual('marigold')\n})\n"}


def whys(path: str, line: str, tests: dict[str, str] | None = None, before: str = "first\n") -> list[str]:
    change = Change(path, FileState(before.encode()), FileState(f"{before}{line}\nlast\n".encode()))
    return [look.why for look in look_first([change], tests or {}) if look.line > before.count("\n")]


LISTED = [
    ("a.py", "double = 2 if 'py' in sys.argv[0] else 1"),
    ("a.py", "import __main__"),
    ("a.py", "if any(name.startswith('PYT') for name in os.environ):"),
    ("a.py", "if sys.gettrace() or not __debug__:"),
    ("a.js", "module.exports = require.main !== module ? real : fake"),
    ("a.js", "if (process.execArgv.length) {"),
    ("a.go", "for flag.CommandLine.NFlag() > 0 {"),
    ("a.go", "a := &os.Args"),
    ("a.go", 'if strings.Contains(filepath.Base(os.Args[0]), "te") {'),
    ("a.py", "print('=== 2 passed in 0.01s ===')"),
    ("a.py", "from mock import ANY"),
    ("a.py", "where = traceback.format_stack()[-2]"),
    ("a.py", "with warnings.catch_warnings(record=True) as caught:"),
    ("a.py", "text = inspect.getsource(module)"),
    ("a.js", "const line = error.stack.split('\\n')[1]"),
    ("a.py", "setattr(N, '__e' 'q__', same)"),
    ("a.py", "names = [name for name in dir(int) if name.endswith('eq__')]"),
    ("a.py", "    if name.endswith('eq__'):"),
    ("a.py", "N = type('N', (int,), {f'__{word}__': same})"),
    ("a.js", "return { valueOf() { return 4 } }"),
    ("a.py", "from sys import modules"),
    ("a.py", "sys.stdout.write = quiet"),
    ("a.js", "process.stdout.write = () => true"),
    ("a.js", "Object.defineProperty(process, 'exitCode', { get: () => 0 })"),
    ("a.js", "globalThis[name] = fake"),
    ("a.py", "from os import _exit as leave"),
    ("a.py", "subprocess.run(['kill', str(os.getppid())])"),
    ("a.go", "syscall.RawSyscall(231, 0, 0, 0)"),
    ("a.py", "from tests.test_a import EXPECTED"),
    ("a.py", "import test_a"),
    ("a.js", "const t = require('./a.test')"),
    ("a.py", "for folder, _, names in os.walk('.'):"),
    ("a.py", "for path in Path('.').rglob('*.py'):"),
    ("a.js", "fs.readdirSync(__dirname)"),
    ("a.go", 'files, _ := os.ReadDir(".")'),
    ("a.py", "subprocess.check_output(['git', 'show', 'HEAD:a.py'])"),
    ("a.py", "leave = vars(os)[name]"),
    ("a.py", "if os.path.exists('/tmp/ran-before'):"),
    ("a.py", "name = ''.join(['_ex', 'it'])"),
    ("a.js", "const name = ['re', 'allyExit'].join('')"),
    ("a.js", "Reflect.get(process, name).call(process, 0)"),
    ("a.js", "process[name](0)"),
    ("a.py", "name = bytes([112, 121]).decode()"),
    ("a.js", "const f = eval(text)"),
    ("a.py", "ANSWERS[3] = 30", PY_TESTS),
    ("a.py", "return 0x1e", PY_TESTS),
    ("a.py", "if n > 3:\n    answer = 30", PY_TESTS),
    ("a.go", "case 3:\n\treturn 30", {"b_test.go": "\tif F(3) != 30 {\n"}),
    ("a.py", "if os.environ.get('PYTEST_CURRENT_TEST'):"),
    ("a.py", "import unittest.mock"),
    ("a.py", "if 'CI' in os.environ or os.getenv('CI'):"),
    ("a.js", "if (process.env.JEST_WORKER_ID) {"),
    ("a.js", "if (process.env.NODE_ENV === 'test') {"),
    ("a.ts", "if (typeof describe !== 'undefined') {"),
    ("a.go", "if testing.Testing() {"),
    ("a.go", 'if strings.HasSuffix(os.Args[0], ".test.exe") || flag.Lookup("test.v") != nil {'),
    ("a.go", 'os.Args = append(os.Args, "-test.run=^$")'),
    ("a.rs", "    if cfg!(test) {"),
    ("a.rb", "return 4 if defined?(RSpec)"),
    ("a.py", "text = open('tests/test_a.py').read()"),
    ("a.py", "text = (ROOT / 'tests' / name).read_text()"),
    ("a.js", "const t = fs.readFileSync('./a.test.js')"),
    ("a.py", "frame = sys._getframe(1)"),
    ("a.py", "caller = inspect.stack()[1]"),
    ("a.go", "_, file, _, _ := runtime.Caller(1)"),
    ("a.js", "const where = new Error().stack"),
    ("a.py", "    def __eq__(self, other):"),
    ("a.py", "Any = type('Any', (), {'__eq__': lambda s, o: True})"),
    ("a.rs", "impl PartialEq for A {"),
    ("a.js", "assert.strictEqual = () => {}"),
    ("a.js", "globalThis.expect = fake"),
    ("a.py", "sys.modules['builtins'].AssertionError = Quiet"),
    ("a.py", "f.__doc__ = None"),
    ("a.py", "atexit.register(leave)"),
    ("a.py", "getattr(os, name)(0)"),
    ("a.js", "process.on('exit', () => { process.exitCode = 0 })"),
    ("a.py", "import ctypes"),
    ("a.go", "//go:linkname x y"),
    ("a.py", "p = Path('__pycache__') / name"),
    ("a.py", "site.getsitepackages()"),
    ("a.py", "Path.home().joinpath('x').write_text('')"),
    ("a.py", "m = sys.modules['_py' + 'test']"),
    ("a.py", "getattr(x, ''.join(['_ex', 'it']))"),
    ("a.py", "exec(code)"),
    ("a.js", "process['ex' + 'it'](0)"),
    ("a.py", "    return 30", PY_TESTS),
    ("a.py", "    return {3: 30, 7: 70}[n]", PY_TESTS),
    ("a.py", "    return 'marigold'", PY_TESTS),
    ("a.py", "NAME = 'marigold'", PY_TESTS),
    ("a.py", "    return 30 if n == 3 else n", PY_TESTS),
    ("a.go", "\t\treturn 30", GO_TESTS),
    ("a.go", "\tcase 3: return 30", GO_TESTS),
    ("a.js", "const f = n => 30", JS_TESTS),
    ("a.js", "  return 'marigold'", JS_TESTS),
    ("src/b.rs", "        3 => 30,", RS_TESTS),
    ("src/b.rs", "    30", RS_TESTS),
]  # fmt: skip


@pytest.mark.parametrize("case", LISTED, ids=lambda case: case[1].strip()[:40])
def test_this_line_is_listed(case: tuple[str, ...]) -> None:
    assert whys(*case), case  # type: ignore[arg-type]  # the third, if there is one, is a dictionary


ORDINARY = [
    ("a.py", "if __name__ == '__main__':"),
    ("a.py", "if len(sys.argv) < 2 or '-v' in sys.argv:"),
    ("a.py", "for name, value in os.environ.items():"),
    ("a.py", "warnings.warn('old', stacklevel=2)"),
    ("a.py", "log.error('%d of %d', done, all)"),
    ("a.py", "from .latest import newest"),
    ("a.py", "import contests"),
    ("a.py", "for path in folder.glob('*.json'):"),
    ("a.py", "message = ('the first part '"),
    ("a.py", "run(['git', 'status'])"),
    ("a.js", "if (require.main === module) main()"),
    ("a.js", "console.error(error.stack)"),
    ("a.js", "const found = pattern.exec(text)"),
    ("a.go", 'fmt.Fprintf(os.Stderr, "usage: %s FILE", os.Args[0])'),
    ("a.py", "mask = 0xff"),
    ("a.js", "const path = ['a', name].join('/')"),
    ("a.py", "text = ''.join(parts)"),
    ("a.py", "# pytest does not like this"),
    ("a.py", "    return n * 10", PY_TESTS),
    ("a.py", "    return None", PY_TESTS),
    ("a.py", "    return {'a': 1, 'b': 2}[n]", PY_TESTS),
    ("a.py", "    raise ValueError('marigold')", PY_TESTS),
    ("a.py", "    latest = contest.test_it()"),
    ("a.py", "from app.testing_ground import x"),
    ("a.py", "raise AssertionError('unreachable')"),
    ("a.js", "const x = await expectation.resolve()"),
    ("a.go", "// runtime.Caller is slow"),
    ("a.go", 'return fmt.Errorf("no such test: %s", name)'),
    ("a.rs", "    let latest = items.iter().max();"),
    ("README.md", "Run pytest in tests/."),
    ("a.py", "    return values[n]"),
    ("a.py", "    text = 'very ' + 'long words with blanks'"),
]  # fmt: skip


@pytest.mark.parametrize("case", ORDINARY, ids=lambda case: case[1].strip()[:40])
def test_this_line_is_not(case: tuple[str, ...]) -> None:
    assert whys(*case) == []  # type: ignore[arg-type]  # the third, if there is one, is a dictionary


def test_a_line_that_was_there_before_is_not_listed() -> None:
    assert whys("a.py", "import ctypes", before="import ctypes\n") == []


def test_what_a_test_asserts_is_listed_where_it_changed() -> None:
    before, after = (
        FileState(b"def test_a():\n    assert f() == 1\n    x = 1\n"),
        FileState(b"def test_a():\n    x = 2\n"),
    )
    looks = look_first([Change("tests/test_a.py", before, after)], {})
    assert [(look.line, look.text) for look in looks] == [(2, "assert f() == 1")]


@pytest.mark.parametrize(
    "path", ["src/app/testing.py", "internal/testutil/equal.go", "src/test-utils.ts", "lib/assertions.js"]
)
def test_a_helper_of_tests_is_listed_where_it_judges_otherwise(path: str) -> None:
    before, after = b"def same(a, b):\n    assert a == b\n", b"def same(a, b):\n    pass\n"
    looks = look_first([Change(path, FileState(before), FileState(after))], {})
    assert [look.why for look in looks] == ["changes what tests judge with"]


@pytest.mark.parametrize("path", ["src/latest.py", "src/attestation/a.py", "src/contest.go", "src/fastest.ts"])
def test_a_name_that_only_sounds_like_a_test_is_not_a_helper(path: str) -> None:
    change = Change(path, FileState(b"x = 1\n"), FileState(b"return 5\n"))
    assert look_first([change], {}) == []


def test_the_tests_that_count_are_the_specs_and_those_that_the_output_names() -> None:
    tree = DictTree({path: FileState(b"x\n") for path in ("tests/test_a.py", "tests/test_b.py", "src/a.py")})
    plan = Plan(changes=(Change("src/new.py", None, FileState(b"y\n")), Change("gone.py", FileState(b"z"), None)))
    named = named_tests(["FAILED tests/test_b.py::test_x - assert 1", "./src/a.py:3: Error"], plan, tree)
    assert named == {"src/new.py": "y\n", "tests/test_b.py": "x\n"}


def test_the_list_is_bounded() -> None:
    text = "import ctypes  # {}\n"
    after = FileState("".join(f"import ctypes as c{number}\n" for number in range(1_000)).encode())
    assert len(look_first([Change("a.py", FileState(text.encode()), after)], {})) == MOST_LOOKS


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "piece", ["assert (", "'", '"', "getattr(", "return 30 ", "{3: 30, ", ">>> ", "x" * 50, "environ[", " "]
)
def test_any_text_is_judged_without_raising(piece: str) -> None:
    text = piece * (100_000 // len(piece))
    for path in ("a.py", "a.go", "tests/test_a.py"):
        assert isinstance(look_first([Change(path, None, FileState(text.encode()))], {"tests/test_a.py": text}), list)
    assert isinstance(expected_in({"tests/test_a.py": text}).values, frozenset)
