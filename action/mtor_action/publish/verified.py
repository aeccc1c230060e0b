"""What the publish job works with once it has checked: the request as GitHub has it now, and what may be published."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from mtor_action.github.pulls.published_change import PublishedChange
    from mtor_action.github.sources.spec_source import PullRequestRef
    from mtor_action.github.texts.authors import Author, Standing
    from mtor_action.github.texts.pins import Pin
    from mtor_action.handover.checking import Checked
    from mtor_action.manifest.manifest import Spec
    from mtor_action.manifest.settings_block.settings import Settings
    from mtor_action.preparation.preparation import SettingsFile
    from mtor_action.report.report import Report


class PublishTarget(NamedTuple):
    """The goal of the work: `branch` is what a pull request merges into, `pull` the one that asked, if any."""

    branch: str
    pull: PullRequestRef | None


class Source(NamedTuple):
    """The request: the spec, the default branch's settings, the branch that the work is for.

    `authors` wrote a part of the text; `standing` says how far they are trusted; `written_at` is in Unix seconds.
    `change` is the pull request's own, if it is to be remade, and `pin` what that was asked with. With `only_on` it
    may be pushed onto that commit alone.
    """

    spec: Spec
    file: SettingsFile
    target: PublishTarget
    authors: tuple[Author, ...]
    standing: Standing
    written_at: int
    change: PublishedChange | None = None
    pin: Pin | None = None
    only_on: str = ""

    @property
    def defaults(self) -> Settings:
        """The settings in `.github/mtor.yml` of the default branch."""
        return self.file.settings


class Verified(NamedTuple):
    """`report` says what we know instead of what was reported; `checked` is what may be published on `base`.

    `is_merged`: the spec does not apply to the base, and was merged from the commit that it was written for.
    """

    source: Source
    base: str
    checked: Checked
    report: Report
    is_merged: bool = False

    @property
    def implementer(self) -> frozenset[str]:
        """The paths whose last word is the implementer's."""
        return frozenset(change.path for change in self.checked.implementer)
