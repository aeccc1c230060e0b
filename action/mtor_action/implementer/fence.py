"""The fence: which paths an implementer may write. Enforced by the tools, and by the tree after every command.

may write = the manifest's own files and `allow`, without `protect`, without what no setting opens
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from mtor_action.spec.globs import any_matches
from mtor_action.spec.path_policy import path_fault

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

DEFAULT_PROTECT = (
    "tests/**", "test/**", "**/tests/**", "**/test/**", "**/__tests__/**", "**/conftest.py", "**/test_*.py",
    "**/*_test.py", "**/*_test.go", "**/*_spec.rb", "**/*.test.*", "**/*.spec.*",
)  # fmt: skip

# Whatever `allow` says: these decide what runs, what counts as a test, or what the next agent is told.
NEVER = (
    ".github/**", ".gitlab/**", ".circleci/**", ".git*", "**/.git*", "CODEOWNERS", "**/CODEOWNERS",
    "AGENTS.md", "CLAUDE.md", "GEMINI.md", ".cursorrules", ".cursor/**", ".claude/**", ".aider*", ".windsurfrules",
    "*.lock", "package-lock.json", "npm-shrinkwrap.json", "pnpm-lock.yaml", "bun.lockb", "go.sum", "uv.lock",
    "constraints*.txt", "conftest.py", "pytest.ini", "tox.ini", "noxfile.py", "setup.cfg", "pyproject.toml",
    "sitecustomize.py", "usercustomize.py", "*.pth", "package.json", "jest.config.*", "jest.setup.*",
    "vitest.config.*", "vite.config.*", ".mocharc*", "karma.conf.*", "babel.config.*", "Makefile", "GNUmakefile",
    "makefile", "justfile", "Taskfile.yml", ".coveragerc", "phpunit.xml*", "nextest.toml",
)  # fmt: skip


# What test runners find by themselves, so that a file that nobody committed could decide a verdict.
_FOUND_BY_RUNNERS = (
    "conftest.py", "test_*.py", "*_test.py", "*_test.go", "pytest.ini", "tox.ini", "setup.cfg", "pyproject.toml",
    "sitecustomize.py", "usercustomize.py", "jest.config.*", "vitest.config.*", ".mocharc*",
)  # fmt: skip
_BUILT = frozenset({"build", "dist", "target", "node_modules", ".tox", ".nox", ".venv", "venv", ".eggs"})
# Programs that read the files they are given and run none of them.
_READERS = frozenset({
    "ruff", "mypy", "flake8", "pylint", "black", "isort", "pyright", "py_compile", "compileall", "eslint", "prettier",
    "tsc", "biome", "gofmt", "rustfmt", "shellcheck", "test", "[", "grep", "cat", "wc", "diff", "cmp",
})  # fmt: skip


class Fence(NamedTuple):
    """`own` are the manifest's files; `allow` and `protect` are globs; `commands` are the test commands."""

    own: frozenset[str]
    allow: tuple[str, ...] = ()
    protect: tuple[str, ...] = DEFAULT_PROTECT
    commands: tuple[str, ...] = ()

    def refusal(self, path: str) -> str:
        """Why this path may not be written, in words for the model; "" if it may."""
        fault = path_fault(path, is_new=False)
        if fault:
            return fault
        if self.is_protected(path):
            return (
                f"{path} is protected (tests, their configuration, lockfiles and the like): "
                "if you believe it is wrong, finish and say so in disputed_tests"
            )
        if path in self.own or any_matches(self.allow, path):
            return ""
        return f"{path} is outside the fence; you may write {self.described()}"

    def is_protected(self, path: str) -> bool:
        """Whether no implementer may touch it, `allow` or not."""
        return any_matches(self.protect, path) or any_matches(NEVER, path) or self._runs(path)

    def _runs(self, path: str) -> bool:
        """Whether a test command names the file, which then could decide its own verdict.

        A file that a linter reads, and nothing runs, may be repaired.
        """
        segments = [part for command in self.commands for part in re.split(r"&&|[;|&\n]", command)]
        words = [re.split(r"[\s'\"=]+|\./", segment) for segment in segments]
        named = [before[: before.index(path)] for before in words if path in before]
        return any(_READERS.isdisjoint(before) for before in named)

    def described(self) -> str:
        """The paths that may be written, for a prompt."""
        own = sorted(path for path in self.own if not self.is_protected(path))
        shown = own[:40] + ([f"… {len(own) - 40} more"] if len(own) > 40 else [])
        return ", ".join([*shown, *self.allow]) or "nothing"


def decides(path: str) -> bool:
    """Whether an untracked file of that name could decide what runs or what counts as a test."""
    return any_matches(_FOUND_BY_RUNNERS, path) and _BUILT.isdisjoint(path.split("/")[:-1])


def fence_for(
    paths: Iterable[str], allow: Sequence[str] | None, protect: Sequence[str] | None, commands: Sequence[str]
) -> Fence:
    """The fence of a spec that changes `paths`, with its settings (None: the default)."""
    protected = DEFAULT_PROTECT if protect is None else tuple(protect)
    return Fence(frozenset(paths), tuple(allow or ()), protected, tuple(commands))
