"""The event run: mtor's reaction to an event on GitHub without a server. It lasts seconds, decides, and leaves.

event file → happening → may they? → plan, answer, dispatch or cancel. The work itself is the dispatched run's.
"""
