"""A runner for the sandbox: dispatched runs become the processes that the action starts on GitHub's machines.

    runner = Runner(github, folder, secrets={"OPENAI_API_KEY": "…"})
    github.play(runner)
    ...  # dispatch; each run's jobs are in runner.jobs, and what the run left for others in the sandbox

What a job may, what it is given and when it runs stand in the repository's workflow file and in action.yml; both are
read. Stand-ins are the checkout (git clone) and the installation (the Python that runs this). `ActRunner` plays the
workflow file itself, installation and all, under act.
"""

from __future__ import annotations

from standins.github.runner.act import ActRunner
from standins.github.runner.runner import LOST, JobDone, Runner

__all__ = ["LOST", "ActRunner", "JobDone", "Runner"]
