"""The Action's work job: what GitHub's runner gives and takes around one run."""
