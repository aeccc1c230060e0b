"""Steps of a workflow that bring a toolchain, each action by the full commit of its newest release.

No step fills a cache: a job that runs a repository's code must not write what later jobs on the default branch read.
"""

from __future__ import annotations

PYTHON = """\
- name: Python
  uses: actions/setup-python@5fda3b95a4ea91299a34e894583c3862153e4b97 # v7.0.0
  with:
    {version}
"""
NODE = """\
- name: Node.js
  uses: actions/setup-node@820762786026740c76f36085b0efc47a31fe5020 # v7.0.0
  with:
    {version}
    package-manager-cache: false
"""
GO = """\
- name: Go
  uses: actions/setup-go@b7ad1dad31e06c5925ef5d2fc7ad053ef454303e # v7.0.0
  with:
    go-version-file: {file}
    cache: false
"""
RUN = """\
- name: {name}
  run: {command}
"""


def with_version(step: str, kind: str, *, file: str, otherwise: str) -> str:
    """Return the step with the version that `file` says, or with `otherwise` where there is no such file."""
    return step.format(version=f"{kind}-version-file: {file}" if file else f'{kind}-version: "{otherwise}"')
