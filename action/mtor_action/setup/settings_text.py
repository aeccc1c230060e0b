"""`.github/mtor.yml`: its first text, and what is wrong with one that is there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mtor_action.manifest.settings_block.yaml_nodes import single_quoted
from mtor_action.preparation.preparation import read_settings_file

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mtor_action.diagnostics import Diagnostic
    from mtor_action.manifest.settings_block.settings import Settings
    from mtor_action.setup.guess import Guess

_HEAD = """\
# The defaults of every spec in this repository; a spec can override them. Written once by `mtor init`, then yours.
# Its protect, allow, implementer, budget and timeout_minutes are limits: a spec may only tighten them.
"""
_MODELS = """
# A cheap model for red tests, by its litellm name; its key is a secret of the repository. Without one, red stays red.
"""
_EXAMPLE = "# implementer: [zai/glm-5.1, deepseek/deepseek-chat]\n"
_TAIL = """\
# fix_ci: true # failing checks of mtor's own pull requests go to the implementer, once
# budget: {turns: 20, tokens: 200000, usd: 0.50, minutes: 30}
# per_day: {usd: 5, jobs: 20}
# specs_may: [budget] # lifts the limit of these settings for every spec
"""
# Words that no YAML reader takes for anything but this text.
_PLAIN = re.compile(r"[A-Za-z./][A-Za-z0-9./_=+,()\"'{}$|&>~-]*(?: [A-Za-z0-9./_=+,()\"'{}$|&>~-]+)*")


def render(setup: Sequence[Guess], test: Sequence[Guess], models: Sequence[str] = ()) -> str:
    """Return the file with these commands, each with its reason as a comment, and these implementers."""
    blocks = [_block("setup", "prepares the tree, in order", setup)] if setup else []
    implementers = (
        "".join(["implementer:\n", *(f"  - {single_quoted(model)}\n" for model in models)]) if models else _EXAMPLE
    )
    commands = "".join([*blocks, _block("test", "decides, in order: each must pass", test)])
    return _HEAD + "\n" + commands + _MODELS + implementers + _TAIL


def read(data: bytes) -> tuple[Settings, list[Diagnostic]]:
    """Return the settings of a file, and its mistakes."""
    settings, diagnostics = read_settings_file(data)
    return settings, list(diagnostics)


def _block(key: str, meaning: str, guesses: Sequence[Guess]) -> str:
    lines = [f"{key}: # {meaning}"]
    for guess in guesses:
        lines += [f"  # {guess.why}"] if guess.why else []
        lines.append(f"  - {guess.command if _PLAIN.fullmatch(guess.command) else single_quoted(guess.command)}")
    return "\n".join(lines) + "\n"
