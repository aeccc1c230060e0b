"""`make demo`: a night and a morning of mtor on this machine. KEEP=1 leaves everything running at the end.

ACT=1 plays the runs under act, ACT=0 starts the stages as the workflow file says; see `under_act`.

Real are the bot (`mtor-bot serve`), the stages `mtor work` and `mtor publish` in processes of their own, git and HTTP.
Stand-ins are GitHub with its runners, and the model, which plays a script. Nothing leaves 127.0.0.1,
but for what the action installs under act: that comes from the package index.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
import tempfile
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from rich.console import Console, Group
from rich.live import Live
from rich.markdown import Markdown
from rich.padding import Padding
from rich.rule import Rule
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from standins.github.runner.act import ACT
from standins.night import orchard
from standins.night.bot import served
from standins.night.loop import Loop, handed_over, looped, page, result

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.console import RenderableType

    from standins.github import Issue, Run

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "build" / "demo" / "night"
INSTALLED = Path(os.environ.get("MTOR_INSTALL_DIR", ROOT / "build" / "demo" / "installed"))
MOST_SECONDS = 400.0
LOOK_SECONDS = 0.2
STYLES = {"clean": "green", "fixed": "green", "empty": "green", "stalled": "yellow", "failing": "yellow"}
SPINNER = Spinner("dots", style="cyan")
console = Console(highlight=False, width=None if sys.stdout.isatty() else 110)


class Asked(NamedTuple):
    """One request of the evening: `issue` is where it was asked for, `expected` the outcome it must come to."""

    issue: Issue
    expected: str


class UnexpectedError(Exception):
    """The night went otherwise than the demo says."""


def main() -> int:
    """The whole night; 1 if anything is not as expected."""
    begun = time.monotonic()
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    try:
        with stage() as (loop, bot_url):
            night = [before_the_evening(loop), *evening(loop)]
            watch(loop, night, "Night")
            morning(loop, night)
            next_night(loop, night)
            console.print(f"\n[bold green]All as expected, in {time.monotonic() - begun:.0f} s.[/]")
            if os.environ.get("KEEP"):
                keep(loop, bot_url)
    except KeyboardInterrupt:
        console.print("\nStopped.")
        return 130
    except Exception as error:  # noqa: BLE001  whatever it is, a person reads it here
        said = str(error) if isinstance(error, UnexpectedError) else repr(error)
        console.print(Text(f"\nNot as expected: {said}", "bold red"))
        if (log := FOLDER / "bot.log").exists():
            console.print(f"The bot's log is {short(log)}.")
        return 1
    return 0


@contextmanager
def stage() -> Iterator[tuple[Loop, str]]:
    """GitHub's stand-in with the project, the scripted model, and the bot."""
    with (
        tempfile.TemporaryDirectory(prefix="mtor-demo-") as folder,
        looped(Path(folder), scale=0.05, warm_up="") as loop,
    ):
        heading("Set-up")
        say("GitHub, its runners and the model are stand-ins on 127.0.0.1: no account, no key, no cost.")
        say("mtor's own parts are real: `mtor-bot serve`, `mtor work`, `mtor publish`, git, HTTP, webhooks.")
        if under_act():
            if not ACT.exists():
                raise UnexpectedError("ACT=1 needs act, which `make setup` builds where there is Go")
            say("Runs are played under act: the workflow file itself, and what the action installs.")
            loop.act(INSTALLED)
        with served(loop.github, FOLDER, warm_up="") as bot:
            loop.installed(bot.url)
            say(f"GitHub  {loop.github.url}  (stand-in)")
            say(f"model   {loop.model.api_base}  (stand-in)")
            say(f"bot     {bot.url}")
            yield loop, bot.url


def under_act() -> bool:
    """As ACT says (0: no); else where act is built, and what the action installs can be kept from run to run."""
    asked = os.environ.get("ACT")
    return asked != "0" if asked else ACT.exists() and os.geteuid() == 0


# evening


def before_the_evening(loop: Loop) -> Asked:
    """An architect's model writes a spec for an issue that has none, and alice runs it by its hash."""
    heading("Before the evening: alice asks for a plan on an issue without any code")
    settings = orchard.FILES[".github/mtor.yml"] + f"roles: {{architect: [{orchard.MODEL}]}}\n"
    loop.repository.commit({".github/mtor.yml": settings}, "name an architect", by="alice")
    issue = loop.repository.issue(*orchard.WISH, by="alice")
    issue.comment("/mtor plan", by="alice")
    until(lambda: any("mtor:spec" in each.body for each in issue.comments), "a comment with the plan")
    plan = next(each.body for each in issue.comments if "mtor:spec" in each.body)
    shown_part = plan.partition("-->\n<!--")[2].partition("-->")[2].partition("\n---\n")[0]
    console.print(Padding(Markdown(shown_part), (0, 0, 0, 4)), style="dim")
    word = plan.partition("`/mtor run ")[2].partition("`")[0]
    say(f"She reads the spec below it, and comments `/mtor run {word}`.")
    issue.comment(f"/mtor run {word}", by="alice")
    return Asked(issue, "clean")


def evening(loop: Loop) -> list[Asked]:
    """Label issues, comment on a pull request, go to bed."""
    heading("Evening: alice labels six issues `mtor`, and comments on bob's pull request")
    expected = {"built nothing": "stalled", "base already red": "clean"}
    asked = [Asked(loop.issue(ending), expected.get(ending, ending)) for ending in orchard.SPECS]
    loop.repository.commit(orchard.PULL_FILES, "sell figs", branch="figs", by="bob")
    pull = loop.repository.pull_request("figs", orchard.PULL_TITLE, by="bob")
    for each in asked:
        each.issue.label("mtor", by="alice")
    pull.issue.comment(orchard.PULL_COMMENT, by="alice")
    return [*asked, Asked(pull.issue, "clean")]


# night


def watch(loop: Loop, night: list[Asked], title: str) -> None:
    """Show how things stand, until everything has ended."""
    heading(title)
    begun = time.monotonic()
    with Live(console=console, get_renderable=lambda: progress(loop, night, begun), refresh_per_second=5) as live:
        while not all(ended(loop, each) for each in night):
            if time.monotonic() - begun > MOST_SECONDS:
                raise UnexpectedError(f"the night was not over after {MOST_SECONDS:.0f} s")
            time.sleep(LOOK_SECONDS)
        live.refresh()
    if not console.is_terminal:  # there, Live ends without an end of line
        console.print()
    loop.github.settle()


def progress(loop: Loop, night: list[Asked], begun: float) -> RenderableType:
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
    for each in night:
        run = last_run(loop, each.issue)
        now = state(each.issue) if run is None or not ended(loop, each) else result(run)["outcome"]
        doing = Text(loop.doing(run) if run else "", "dim", overflow="ellipsis", no_wrap=True)
        row = (f"#{each.issue.number}", each.issue.title, Text(now, style_of(now)), doing)
        table.add_row(SPINNER if now == "running" else Text("●", style_of(now)), *row)
    left = sum(not ended(loop, each) for each in night)
    words = f"{left} of {len(night)} left" if left else "all done"
    return Padding(Group(table, Text(f"{time.monotonic() - begun:5.0f} s   {words}", "dim")), (0, 0, 0, 2))


def state(issue: Issue) -> str:
    """What the state label says."""
    found = next((name.partition(":")[2] for name in issue.label_names if name.startswith("mtor:")), "asked")
    return "rejected" if found == "failed" else found  # what is rejected at once has no run


def ended(loop: Loop, asked: Asked) -> bool:
    if state(asked.issue) not in ("done", "stalled", "rejected"):
        return False
    run = last_run(loop, asked.issue)
    return run is None or run.status == "completed"


def last_run(loop: Loop, issue: Issue) -> Run | None:
    runs = [run for run in loop.repository.runs.values() if run.inputs.get("issue") == str(issue.number)]
    return runs[-1] if runs else None


# morning


def morning(loop: Loop, night: list[Asked]) -> None:
    """What a person finds: pull requests, comments, what it cost, the pages."""
    heading("Morning: what is there to review")
    tokens = 0
    for asked in night:
        tokens += shown(loop, asked)
    models = len(loop.model.requests)
    console.print(f"\n  [bold]{tokens:,} tokens[/] in {models} requests to the model (a script: none was paid for).")
    say(f"The reports are pages for any browser: {short(FOLDER)}/*.html")


def shown(loop: Loop, asked: Asked) -> int:
    """One of the night's requests with its comment; the tokens that it took."""
    issue, run = asked.issue, last_run(loop, asked.issue)
    outcome, number, tokens = "rejected", None, 0
    if run is not None:
        told, report = result(run), handed_over(run)
        outcome, number = told["outcome"], told["pull_request"]
        tokens = report["usage"]["input_tokens"] + report["usage"]["output_tokens"]
        file = FOLDER / f"{issue.number}-{outcome}.html"
        file.write_bytes(page(run))
    if outcome != asked.expected:
        raise UnexpectedError(f"#{issue.number} should end {asked.expected}, not {outcome}")
    headline = Text(f"#{issue.number} {issue.title}  {outcome}", style=f"bold {style_of(outcome)}")
    console.print()
    console.print(Rule(headline, align="left", style="dim"))
    console.print(f"  {where(loop, issue, number)}")
    console.print(Padding(Markdown(excerpt(issue)), (0, 0, 0, 4)), style="dim")
    return tokens


def where(loop: Loop, issue: Issue, number: int | None) -> str:
    if number is None:
        return "no pull request"
    pull = loop.repository.issues[number].pull
    assert pull is not None
    if number == issue.number:
        return f"a commit on the pull request's own branch {pull.head_ref}"
    return f"{'draft pull' if pull.draft else 'pull'} request #{number}, {pull.head_ref} into {pull.base_ref}"


def excerpt(issue: Issue) -> str:
    """mtor's last comment as far as its first heading, without what a browser hides."""
    body = next(each.body for each in reversed(issue.comments) if each.user.login == "mtor[bot]")
    head, _, rest = body.partition("-->")[2].partition("\n### ")
    return f"{head.strip()}\n\n…" if rest else head


# coaching


def next_night(loop: Loop, night: list[Asked]) -> None:
    """A reviewer's remark becomes coaching, and the next run's prompt begins with it."""
    heading("A review")
    fixed = next(each for each in night if each.expected == "fixed")
    run = last_run(loop, fixed.issue)
    assert run is not None
    pull = loop.repository.issues[result(run)["pull_request"]]
    say(f"alice writes on pull request #{pull.number}:\n    [bold]{orchard.REMARK}[/]")
    pull.comment(orchard.REMARK, by="alice")
    note = orchard.REMARK.partition("coach ")[2]
    until(
        lambda: note[:30] in (loop.repository.read("coaching.yml", "mtor-coaching") or ""), "the note in coaching.yml"
    )
    say("It stands in coaching.yml on the branch mtor-coaching now. Then she labels the next issue:")
    before = len(loop.model.requests)
    asked = Asked(loop.repository.issue(*orchard.NEXT, by="alice"), "fixed")
    asked.issue.label("mtor", by="alice")
    watch(loop, [asked], "The next night")
    prompt = "\n".join(message["content"] for message in loop.model.requests[before].body["messages"])
    if note not in prompt:
        raise UnexpectedError("the note is not in the prompt of the next run")
    lines = prompt[: prompt.index(note) + len(note)].splitlines()[-4:]
    say("The prompt of its first request to the model has, before everything else about the task:")
    console.print(Padding(Text("\n".join(f"│ {line}" for line in lines), "dim"), (0, 0, 0, 2)))
    shown(loop, asked)


# the rest


def keep(loop: Loop, bot_url: str) -> None:
    """Leave it running until Ctrl-C."""
    token = loop.repository.token("alice").value
    heading("Still running, until Ctrl-C")
    say(f"GitHub's API (stand-in)   {loop.github.api_url}/repos/{loop.repository.full_name}/pulls")
    say(f"                          curl -H 'Authorization: Bearer {token}' …")
    say(f"git                       git clone http://alice:{token}@{loop.repository.clone_url.partition('//')[2]}")
    say(f"the bot                   {bot_url}/readyz   log: {short(FOLDER / 'bot.log')}")
    stop = threading.Event()
    signal.signal(signal.SIGINT, lambda *_: stop.set())
    stop.wait()


def until(is_so: Callable[[], bool], what: str) -> None:
    over = time.monotonic() + MOST_SECONDS / 4
    while not is_so():
        if time.monotonic() > over:
            raise UnexpectedError(f"expected {what}")
        time.sleep(LOOK_SECONDS)


def heading(text: str) -> None:
    console.print(f"\n[bold cyan]{text}[/]")


def say(text: str) -> None:
    console.print(f"  {text}")


def style_of(state: str) -> str:
    return {**STYLES, "running": "cyan", "queued": "dim", "asked": "dim"}.get(state, "red")


def short(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


if __name__ == "__main__":
    sys.exit(main())
