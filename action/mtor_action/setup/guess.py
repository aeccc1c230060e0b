"""Guesses about a project, each with its reason."""

from __future__ import annotations

from typing import NamedTuple, TypeVar

_Item = TypeVar("_Item")


class Guess(NamedTuple):
    """A command and why it was chosen, as a short phrase."""

    command: str
    why: str


class ProjectNeeds(NamedTuple):
    """The needs of one kind of project. `maybe` are tests that a person should confirm; `steps` are a workflow's, YAML.

    `services` is the mapping of that name for the job, YAML from the margin; `remarks` are sentences about what its
    continuous integration does and these leave out. Commands are made of fixed words, or are lines of the project's
    own workflows that `ci_jobs` lets through.
    """

    setup: tuple[Guess, ...] = ()
    test: tuple[Guess, ...] = ()
    maybe: tuple[Guess, ...] = ()
    steps: tuple[str, ...] = ()
    services: str = ""
    remarks: tuple[str, ...] = ()

    def __or__(self, other: ProjectNeeds) -> ProjectNeeds:
        """Return the needs of both together, each thing once."""
        return ProjectNeeds(
            _once(self.setup + other.setup),
            _once(self.test + other.test),
            _once(self.maybe + other.maybe),
            _once(self.steps + other.steps),
            self.services or other.services,
            _once(self.remarks + other.remarks),
        )


def _once(items: tuple[_Item, ...]) -> tuple[_Item, ...]:
    return tuple(dict.fromkeys(items))


def in_folder(project: ProjectNeeds, name: str) -> ProjectNeeds:
    """Return the same for a project in the folder `name`, which needs no quoting."""

    def moved(guesses: tuple[Guess, ...]) -> tuple[Guess, ...]:
        return tuple(Guess(f"cd {name} && {guess.command}", f"{name}/: {guess.why}") for guess in guesses)

    return ProjectNeeds(moved(project.setup), moved(project.test), moved(project.maybe), project.steps)
