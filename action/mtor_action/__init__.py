"""Everything that runs on the runner or in a terminal: spec → plan → apply → test → fix → report → publish."""

__version__ = "0.1.0"
