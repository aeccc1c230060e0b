"""The event run: what mtor does about an event on GitHub where no server does it. Seconds long, it decides and leaves.

event file → happening → may they? → plan, answer, dispatch or cancel. The work itself is the dispatched run's.
"""
