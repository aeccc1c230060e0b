"""The budget of a run for models, counted after every request."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from mtor_action.manifest.settings_block.settings import Budget
    from mtor_action.model.chat import Reply


@dataclass(slots=True)
class Spending:
    """The amounts spent so far. `clock` gives monotonic seconds; `parts` are estimated prompt tokens by part."""

    limit: Budget  # what may be spent
    clock: Callable[[], float]
    turns: int = 0  # replies of models
    requests: int = 0  # HTTP requests, failed ones included
    input_tokens: int = 0
    output_tokens: int = 0
    usd: float = 0.0
    estimated: bool = False  # a provider counted no tokens
    parts: dict[str, int] = field(default_factory=dict)
    spent_seconds: float = 0.0  # of the part of this run before a resume
    _started: float = field(init=False)

    def __post_init__(self) -> None:
        self._started = self.clock()

    def add(self, reply: Reply) -> None:
        """Count one reply with the requests it took."""
        self.requests += reply.requests
        self.input_tokens += reply.input_tokens
        self.output_tokens += reply.output_tokens
        self.usd += reply.usd
        self.estimated = self.estimated or reply.usage_estimated or not reply.price_known

    @property
    def seconds(self) -> float:
        """Seconds since the fix began, commands included."""
        return self.spent_seconds + self.clock() - self._started

    @property
    def remaining_seconds(self) -> float:
        """The seconds left of the budget's minutes; below 0 once they are used up."""
        return 60 * (self.limit.minutes or 0) - self.seconds

    def exceeded(self, *, without_turns: bool = False) -> str:
        """Return which limit is reached, in words; "" if none is."""
        limit = self.limit
        used = (
            ("turns", self.turns, limit.turns),
            ("tokens", self.input_tokens + self.output_tokens, limit.tokens),
            ("usd", self.usd, limit.usd),
            ("minutes", self.seconds / 60, limit.minutes),
        )
        for name, value, most in used:
            if most is not None and value >= most and not (without_turns and name == "turns"):
                amount = f"{value:.4f}" if name == "usd" else f"{value:.0f}"
                return f"the budget is spent: {amount} of {most} {name}"
        return ""
