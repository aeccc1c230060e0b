"""Names and projects that tests of setting up share."""

from __future__ import annotations

ACTION = "ada/mtor@3d3c42e5aac5ba805825da76410c181273ba90b1"
OTHER_ACTION = "ada/mtor@0123456789abcdef0123456789abcdef01234567"
WORKFLOW = ".github/workflows/mtor.yml"
SETTINGS = ".github/mtor.yml"


def everything() -> dict[str, str]:
    """A project whose toolchain has a step of each kind."""
    return {
        "pyproject.toml": '[project]\nname = "x"\nversion = "1"\nrequires-python = ">=3.11"\n[tool.pytest]\n',
        "uv.lock": "",
        "package.json": '{"scripts": {"test": "vitest"}, "engines": {"node": "24"}}',
        "pnpm-lock.yaml": "",
        "go.mod": "module x\n",
        "Cargo.toml": "[package]\n",
    }
