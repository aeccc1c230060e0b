"""`mtor submit`: from files to labelled issues, against the stand-in for GitHub, with real git over HTTP."""

from __future__ import annotations

import re
import subprocess
import sys
from functools import partial
from typing import TYPE_CHECKING

import pytest

import command_line
from command_line import Ended, mtor, put
from mtor_action.authoring.splitting import MOST_CHARACTERS, spec_of, split
from mtor_action.errors import MtorError
from mtor_action.github.client import connect
from mtor_action.github.issues.comments import marker
from mtor_action.github.sources.spec_source import fetch_spec
from mtor_action.github.texts.authors import Author
from mtor_action.github.texts.pins import digest, pin_comment
from mtor_action.github.texts.plan_comments import several_specs
from mtor_action.manifest.manifest import parse_spec
from mtor_action.manifest.text import Part
from mtor_action.on_issues.plan_answer import plan_body
from scripted_runs import WARM_UP
from standins.github import GitHubSandbox
from standins.github.faults import Fault, Manner

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from standins.github import Repository

FILES = {"a.py": "x = 1\n", ".github/mtor.yml": "test: [make]\n"}
GREEN = "# G\n\n```create=g\n```\n"
SMALL = "# Two\n\n## a.py\n\n```python edit=a.py\n<<<<<<< SEARCH\nx = 1\n=======\nx = 2\n>>>>>>> REPLACE\n```\n"


def large(number: int = 6, lines: int = 2_000) -> str:
    """A spec of some 180,000 characters."""
    sections = [
        f"## file{index}.txt\n\n```text create=file{index}.txt\n" + f"line of file {index}\n" * lines + "```\n\n"
        for index in range(number)
    ]
    return "# Large\n\n" + "".join(sections) + "## Settings\n\n```yaml mtor\ntest: [make all]\n```\n"


@pytest.fixture
def github(tmp_path: Path) -> Iterator[GitHubSandbox]:
    with GitHubSandbox(tmp_path / "github", scale=0.01) as sandbox:
        yield sandbox


@pytest.fixture
def there(github: GitHubSandbox) -> Repository:
    return github.repository("acme/widget", FILES, roles={"wendy": "write", "ray": "read"})


@pytest.fixture
def clone(tmp_path: Path, there: Repository) -> Path:
    """A clone that is behind: what was pushed since has to be fetched."""
    root = command_line.repository(tmp_path / "clone", FILES)
    command_line.git(root, "remote", "add", "origin", there.clone_url)
    there.commit({"new.py": "y = 1\n"})
    return root


def submit(root: Path, github: GitHubSandbox, *options: str, user: str = "wendy") -> Ended:
    token = github.token(user).value if user else ""
    known = {"GITHUB_SERVER_URL": github.url, "GITHUB_API_URL": github.api_url}
    variables = command_line.environment(**known, **({"GH_TOKEN": token} if token else {}))
    return mtor(root, "submit", *options, env=variables, warm_up=WARM_UP)


def writes(github: GitHubSandbox) -> list[str]:
    """What was asked of the API that changes something; git fetches by POST too."""
    calls = [f"{each.method} {each.template.rpartition('/')[2]}" for each in github.requests if each.method != "GET"]
    return [call for call in calls if call != "POST git"]


def test_a_spec_becomes_one_labelled_issue_and_again_it_is_already_filed(
    clone: Path, there: Repository, github: GitHubSandbox
) -> None:
    put(clone, {"../s.md": SMALL})
    before = command_line.state(clone)
    done = submit(clone, github, "../s.md")
    assert (done.code, done.err) == (0, "")
    (issue,) = there.issues.values()
    assert done.out == f"../s.md: filed as #{issue.number}, labelled  {issue.json()['html_url']}\n"
    assert (issue.title, issue.label_names, issue.user.login) == ("Two", ["mtor"], "wendy")
    tip = there.head("main")
    block = f"```yaml mtor\nwritten_for: {tip}\n```"
    assert (issue.body or "").startswith(f"{SMALL.rstrip()}\n\n{block}\n\n<!-- mtor:submitted ")
    assert command_line.state(clone) == before
    number = len(writes(github))
    assert submit(clone, github, "../s.md").out.startswith(f"../s.md: already filed as #{issue.number}  ")
    issue.unlabel("mtor", "wendy")  # as a job that starts does
    assert submit(clone, github, "../s.md").code == 0
    assert (len(writes(github)), issue.label_names) == (number, [])


def test_a_long_spec_is_split_at_headings_and_is_the_same_spec_when_mtor_fetches_it(
    clone: Path, there: Repository, github: GitHubSandbox
) -> None:
    put(clone, {"../s.md": large()})
    assert submit(clone, github, "../s.md").code == 0
    (issue,) = there.issues.values()
    texts = [issue.body or "", *(comment.body for comment in issue.comments)]
    assert [len(text) <= MOST_CHARACTERS for text in texts] == [True] * len(texts)
    assert len(texts) > 2
    assert all(re.match(r"/mtor spec\n\n## ", text) for text in texts[1:])
    assert writes(github) == ["POST issues", *["POST comments"] * (len(texts) - 1), "POST labels"]
    client = connect(there.token("wendy").value, "acme/widget", api_url=github.api_url)
    fetched = parse_spec(fetch_spec(client, issue.number).parts)
    assert fetched.diagnostics == ()
    assert [path_of(operation) for operation in fetched.operations] == [f"file{index}.txt" for index in range(6)]
    assert fetched.settings.test == ("make all",)


@pytest.mark.parametrize("skipped", range(3))
@pytest.mark.parametrize("manner", [Manner.STATUS, Manner.RESET])
def test_what_was_stopped_in_the_middle_goes_on_where_it_stopped(
    clone: Path, there: Repository, github: GitHubSandbox, skipped: int, manner: Manner
) -> None:
    put(clone, {"../s.md": large(4)})
    lost = manner is Manner.RESET
    fault = Fault("POST /repos/*/issues*", manner, status=403, body={"message": "no"}, skip=skipped, after_effect=lost)
    github.faults.planned.append(fault)
    first = submit(clone, github, "../s.md")
    assert first.code == (0 if lost else 3), first.err
    labelled = [issue.label_names for issue in there.issues.values()]
    assert labelled in ([], [[]]) or lost
    assert submit(clone, github, "../s.md").code == 0
    (issue,) = there.issues.values()
    assert issue.label_names == ["mtor"]
    assert [text.count("create=") for text in (issue.body or "", *(each.body for each in issue.comments))] == [2, 2]


def count_down(github: GitHubSandbox, left: int, kill: Callable[[], None]) -> None:
    """Kill now, or at one of the next requests; a request that is under way is done all the same."""
    if left:
        github.faults.before("* /repos/*", partial(count_down, github, left - 1, kill))
    else:
        kill()


@pytest.mark.soak
def test_a_process_that_is_killed_before_any_request_leaves_one_issue_in_order_with_its_label_last(
    clone: Path, there: Repository, github: GitHubSandbox
) -> None:
    put(clone, {"../s.md": large(4)})
    variables = command_line.environment(
        GITHUB_SERVER_URL=github.url, GITHUB_API_URL=github.api_url, GH_TOKEN=github.token("wendy").value
    )
    command = [sys.executable, "-m", "mtor_action", "submit", "../s.md"]
    code: int | None = None
    for number in range(40):
        with subprocess.Popen(command, cwd=clone, env=variables, stderr=subprocess.PIPE) as process:
            github.faults.before("* /repos/*", partial(count_down, github, number, process.kill))
            process.communicate()
        github.faults.meanwhile.clear()
        issues = list(there.issues.values())
        is_whole = [bool(issue.comments) for issue in issues] == [True]
        assert len(issues) <= 1
        assert is_whole or not any(issue.label_names for issue in issues)
        code = process.returncode
        if code == 0:
            break
    (issue,) = there.issues.values()
    assert (code, issue.label_names, len(issue.comments)) == (0, ["mtor"], 1)


def test_the_specs_of_a_plan_become_issues_in_order_and_keep_whose_text_it_is(
    clone: Path, there: Repository, github: GitHubSandbox
) -> None:
    wish = there.issue("Two, then three", "please", by="mallory")
    three = SMALL.replace("x = 2", "x = 3").replace("x = 1", "x = 2").replace("# Two", "# Three")
    specs = several_specs([("two.md", SMALL), ("three.md", f"{three}\n```yaml mtor\nafter: [two.md]\n```\n")])
    mallory = there.world.user("mallory")
    body = plan_body([Author(mallory.id, "mallory", "User")], "A plan.", specs)
    comment = wish.comment(f"{marker('plan', 'plan-1')}\n{body}", by="github-actions[bot]")
    beginning = digest([pin_comment(comment.id, comment.body)])[:8]
    assert "has no plan whose hash begins with 00000000" in submit(clone, github, f"#{wish.number}@00000000").err
    done = submit(clone, github, f"#{wish.number}@{beginning}")
    assert done.code == 0, done.err
    two, last = (there.issues[number] for number in (2, 3))
    assert (two.title, last.title, two.label_names, last.label_names) == ("Two", "Three", ["mtor"], ["mtor"])
    assert 'after: ["#2"]' in str(last.body)
    client = connect(there.token("wendy").value, "acme/widget", api_url=github.api_url)
    assert [author.login for author in fetch_spec(client, 3).authors] == ["wendy", "mallory"]
    there.world.clock.advance(1)  # GitHub keeps whole seconds
    comment.edit(comment.body.replace("A plan.", "Another."), by="wendy")
    assert "was edited" in submit(clone, github, f"#{wish.number}@{beginning}").err


def test_two_at_once_file_one_issue_and_the_other_says_which(
    clone: Path, there: Repository, github: GitHubSandbox, tmp_path: Path
) -> None:
    other = command_line.repository(tmp_path / "other", FILES)
    command_line.git(other, "remote", "add", "origin", there.clone_url)
    put(clone, {"../s.md": SMALL})
    both: list[Ended] = []

    def meanwhile() -> None:
        both.extend(submit(root, github, str(tmp_path / "s.md")) for root in (clone, other))

    github.faults.before("POST /repos/*/issues", meanwhile)
    first = submit(clone, github, "../s.md")
    assert [done.code for done in (*both, first)] == [3, 0, 3]
    assert "another `mtor submit` is filing from this clone" in both[0].err
    assert "filed this spec at the same time, as #1" in first.err
    assert [(issue.state, issue.label_names) for issue in there.issues.values()] == [("open", ["mtor"]), ("closed", [])]
    assert submit(clone, github, "../s.md").out.startswith("../s.md: already filed as #1")


def test_a_spec_that_does_not_fit_the_base_on_github_files_nothing_of_the_batch(
    clone: Path, there: Repository, github: GitHubSandbox
) -> None:
    there.commit({"a.py": "x = 5\n"})
    put(clone, {"../bad.md": SMALL, "../good.md": GREEN})
    done = submit(clone, github, "../good.md", "../bad.md")
    assert (done.code, there.issues) == (2, {})
    assert "[base-moved]" in done.out
    assert "../bad.md would not apply; nothing was filed" in done.err
    assert submit(clone, github, "../good.md", "../good.md", "--dry-run").code == 0
    assert writes(github) == []


def test_a_spec_that_comes_after_another_names_its_issue(clone: Path, there: Repository, github: GitHubSandbox) -> None:
    after = (
        "# After\n\n```yaml mtor\nafter: [s.md, 'g.md']\n```\n\n```python edit=a.py\n<<<<<<< SEARCH\nx = 2\n=======\n"
    )
    put(clone, {"../after.md": f"{after}x = 3\n>>>>>>> REPLACE\n```\n", "../s.md": SMALL, "../g.md": GREEN})
    names = ("../after.md", "../s.md", "../g.md")
    assert submit(clone, github, *names, "--dry-run").code == 0
    done = submit(clone, github, *names)
    assert done.code == 0, done.err
    numbers = {issue.title: issue.number for issue in there.issues.values()}
    assert list(numbers) == ["Two", "G", "After"]
    body = there.issues[numbers["After"]].body or ""
    assert f'\nafter: ["#{numbers["Two"]}", "#{numbers["G"]}"]\n' in body
    sent = len(writes(github))
    assert submit(clone, github, *names).out.count("already filed") == 3
    assert len(writes(github)) == sent
    put(clone, {"../s.md": SMALL + "\n```yaml mtor\nafter: [after.md]\n```\n"})
    done = submit(clone, github, *names)
    assert (done.code, len(there.issues)) == (2, 3)


def test_a_file_that_only_github_has_can_be_edited(clone: Path, there: Repository, github: GitHubSandbox) -> None:
    put(clone, {"../s.md": SMALL.replace("a.py", "new.py").replace("x = ", "y = ")})
    assert submit(clone, github, "../s.md", "--no-label").code == 0
    assert [issue.label_names for issue in there.issues.values()] == [[]]


def test_a_spec_whose_base_moved_beside_it_is_pinned_to_the_commit_that_it_was_written_for(
    clone: Path, there: Repository, github: GitHubSandbox
) -> None:
    earlier = there.commit({"a.py": "x = 1\na\nb\nc\nend\n"})
    there.commit({"a.py": "x = 1\na\nb\nc\nother end\n"})
    whole = SMALL.replace("x = 1\n", "x = 1\na\nb\nc\nend\n").replace("x = 2\n", "x = 2\na\nb\nc\nend\n")
    put(clone, {"../s.md": whole})
    done = submit(clone, github, "../s.md")
    assert done.code == 0, done.out
    (issue,) = there.issues.values()
    assert f"\nwritten_for: {earlier}\n" in (issue.body or "")


def test_labels_come_after_every_issue_of_the_batch(clone: Path, there: Repository, github: GitHubSandbox) -> None:
    put(clone, {"../s.md": SMALL, "../g.md": GREEN})
    assert submit(clone, github, "../s.md", "../g.md", "--label", "night").code == 0
    assert writes(github) == ["POST issues", "POST issues", "POST labels", "POST labels"]
    assert {issue.title: issue.label_names for issue in there.issues.values()} == {"Two": ["night"], "G": ["night"]}


def test_a_pasted_mark_in_somebody_elses_issue_is_not_ours(
    clone: Path, there: Repository, github: GitHubSandbox
) -> None:
    put(clone, {"../s.md": SMALL})
    assert submit(clone, github, "../s.md").code == 0
    (first,) = there.issues.values()
    body, title = first.body or "", first.title
    del there.issues[first.number]
    there.issue(title, body, by="ray")
    assert submit(clone, github, "../s.md").code == 0
    assert sorted(issue.user.login for issue in there.issues.values()) == ["ray", "wendy"]


def test_an_issue_that_was_edited_since_is_left_alone(clone: Path, there: Repository, github: GitHubSandbox) -> None:
    put(clone, {"../s.md": SMALL})
    assert submit(clone, github, "../s.md", "--no-label").code == 0
    (issue,) = there.issues.values()
    issue.edit("wendy", body="# Other\n\n" + (issue.body or ""))
    done = submit(clone, github, "../s.md")
    assert done.code == 3
    assert "its text was changed since" in done.err
    assert (len(there.issues), issue.label_names) == (1, [])


def test_a_block_that_is_too_long_is_named_and_a_file_is_suggested(clone: Path, github: GitHubSandbox) -> None:
    put(clone, {"../s.md": f"# L\n\n```text create=big.txt\n{'x' * 70_000}\n```\n"})
    done = submit(clone, github, "../s.md")
    assert done.code == 3
    assert "the block of big.txt at line 3 has 70,0" in done.err
    assert "/mtor run PATH@BRANCH" in done.err
    assert writes(github) == []


def test_nobody_logged_in_is_said(clone: Path, github: GitHubSandbox) -> None:
    put(clone, {"../s.md": SMALL})
    done = submit(clone, github, "../s.md", user="")
    assert done.code == 3
    assert "gh auth login" in done.err


def test_check_takes_the_parts_of_a_spec_as_one_and_warns_above_githubs_length(clone: Path, tmp_path: Path) -> None:
    text = large(3, 900)
    texts = split(text, 30_000)
    names = [f"part{number}.md" for number, _ in enumerate(texts)]
    put(tmp_path, dict(zip(names, texts, strict=True)))
    put(tmp_path, {"whole.md": large()})
    done = mtor(clone, "check", "--json", *(str(tmp_path / name) for name in names))
    assert (done.code, len(done.report["operations"])) == (0, 3)
    done = mtor(clone, "check", str(tmp_path / "whole.md"))
    assert done.code == 0
    assert "GitHub takes 65,536 in one text: mtor submit splits it" in done.out
    assert "GitHub takes" not in mtor(clone, "check", *(str(tmp_path / name) for name in names)).out


@pytest.mark.parametrize(
    "text",
    [
        "# A\n\n<details>\n\n" + large(3, 900) + "\n</details>\n",
        "~~~text\n# no heading\n" * 3 + "~~~\n\n" + large(3, 900),
        large(3, 900).replace("\n", "\r\n"),
        large(3, 900).replace("## file1.txt", "file1.txt\n---------"),
        "- item\n\n  # In a list\n\n" + large(3, 900),
    ],
)
def test_a_split_is_the_same_spec_or_refused(text: str) -> None:
    try:
        texts = split(text, 30_000)
    except MtorError as error:
        assert re.search("the same spec|characters", error.message)  # noqa: PT017  the other end is as good
        return
    assert max(map(len, texts)) <= 30_000
    whole = parse_spec([part_of(text)])
    parts = spec_of(texts)
    assert [path_of(each) for each in parts.operations] == [path_of(each) for each in whole.operations]
    assert [content_of(operation) for operation in parts.operations] == [content_of(each) for each in whole.operations]


def part_of(text: str) -> Part:
    return Part("s.md", text.encode())


def path_of(operation: object) -> object:
    return getattr(operation, "path", None)


def content_of(operation: object) -> object:
    return getattr(operation, "content", None)
