"""A repository in which mtor is paused: a reason, and the next step, in the same words wherever it is noticed."""

from __future__ import annotations

VARIABLE = "MTOR_PAUSED"
REASON = f"mtor is paused here, by the variable {VARIABLE}: no job starts, and those that wait end as their turn comes"
STEP = f"remove the variable {VARIABLE} (Settings → Secrets and variables → Actions), then ask again"
