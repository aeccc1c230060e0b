"""`.github/mtor.yml`: its first text, and what is wrong with one that is there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mtor_action.spec.settings import DEFAULTS_FILE, Settings, read_settings
from mtor_action.spec.text import Lines, Part, Problems
from mtor_action.spec.yaml_nodes import single_quoted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mtor_action.diagnostics import Diagnostic
    from mtor_action.setup.guess import Guess

_HEAD = """\
# What every spec in this repository starts from; a spec can say otherwise. Written once by `mtor init`, then yours.
"""
_TAIL = """
# A cheap model for red tests, by its litellm name; its key is a secret of the repository. Without one, red stays red.
# implementer: [zai/glm-5.1, deepseek/deepseek-chat]
# budget: {turns: 20, tokens: 200000, usd: 0.50, minutes: 30}
# per_day: {usd: 5, jobs: 20}
"""
# Words that no YAML reader takes for anything but this text.
_PLAIN = re.compile(r"[A-Za-z./][A-Za-z0-9./_=+,()\"'{}$|&>~-]*(?: [A-Za-z0-9./_=+,()\"'{}$|&>~-]+)*")


def render(setup: Sequence[Guess], test: Sequence[Guess]) -> str:
    """The file with these commands, each with its reason as a comment."""
    blocks = [_block("setup", "prepares the tree, in order", setup)] if setup else []
    return _HEAD + "\n" + "".join([*blocks, _block("test", "decides, in order: each must pass", test)]) + _TAIL


def read(data: bytes) -> tuple[Settings, list[Diagnostic]]:
    """The settings of a file, and its mistakes."""
    lines = Lines(Part(DEFAULTS_FILE, data))
    problems = Problems(lines)
    settings = read_settings(problems, lines.data.decode("utf-8", "replace"), first_line=0, in_file=True)
    return settings, problems.found


def _block(key: str, meaning: str, guesses: Sequence[Guess]) -> str:
    lines = [f"{key}: # {meaning}"]
    for guess in guesses:
        lines += [f"  # {guess.why}"] if guess.why else []
        lines.append(f"  - {guess.command if _PLAIN.fullmatch(guess.command) else single_quoted(guess.command)}")
    return "\n".join(lines) + "\n"
