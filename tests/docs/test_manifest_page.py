"""docs/*.md say what mtor does: their examples are parsed, planned and compared.

An example is a fence right after an HTML comment, which says what the fence is:

    <!-- file: PATH -->     a file of the base tree, for the rest of the section (a heading begins a new section)
    <!-- part: NAME -->     a text of a spec of several texts; the next `ok` or `error` is its last one
    <!-- ok: PLACEMENT -->  a spec that parses and fits the section's files; every operation lands with PLACEMENT
    <!-- error: RULE -->    a spec whose diagnostics, from parser and plan, have exactly this rule
    <!-- after: PATH -->    the file as the `ok` before leaves it
    <!-- output -->         what the diagnostics of the `error` before look like
    <!-- settings -->       the YAML of a settings block without its fence
    <!-- protect -->        the settings that `protect` has by default

MTOR_WRITE_GOLDENS=1 pytest tests/docs rewrites the fences after `output`, for review.

`; escaped` at the end of a mark: the fence's Python escapes (`\\x00`) stand for bytes. `; prompt`: text to paste.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import jsonschema
import pytest
import yaml
from markdown_it import MarkdownIt

import command_line
from goldens import is_writing
from mtor_action.authoring.prompting import format_text
from mtor_action.diagnostics import render
from mtor_action.manifest.manifest import parse_spec
from mtor_action.manifest.rules import RULES
from mtor_action.manifest.settings_block.settings import DEFAULTS_FILE, SETTINGS, read_settings
from mtor_action.manifest.settings_block.settings_schema import settings_schema
from mtor_action.manifest.text import Lines, Part, Problems
from mtor_action.neutral import visible
from mtor_action.order.batch import read_batch
from mtor_action.plan.plan import make_plan
from mtor_action.preparation.preparation import against
from mtor_action.preparation.setting_changes import DEFAULT_TIMEOUT_MINUTES
from mtor_action.report.report import CommandReport, OperationReport, Outcome, Report, SpecSummary, Usage
from mtor_action.tree.changes import FileState
from mtor_action.tree.tree import DictTree

if TYPE_CHECKING:
    from mtor_action.diagnostics import Diagnostic
    from mtor_action.plan.placed_operations import Plan

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
MARK = re.compile(r"<!-- (?P<kind>[a-z]+)(?:: (?P<value>[^;]+?))?(?P<flags>(?:; [a-z]+)*) -->")
LONGEST_PROMPT = 60
MOST_PROMPT_TOKENS = 900  # of o200k_base


@dataclass(frozen=True)
class Example:
    """A spec of a page with the section's files; `line` is 1-based."""

    page: str
    line: int
    section: str
    kind: str
    value: str
    flags: str
    text: bytes
    parts: tuple[Part, ...] = ()
    files: dict[str, FileState] = field(default_factory=dict)

    def plan(self) -> tuple[list[Diagnostic], Plan | None]:
        """The diagnostics of parser and plan, and the plan if there is one."""
        spec = parse_spec([*self.parts, Part("spec.md", self.text)])
        if spec.diagnostics:
            return list(spec.diagnostics), None
        (order_faults,) = read_batch([("spec.md", spec)]).diagnostics
        if order_faults:
            return list(order_faults), None
        if DEFAULTS_FILE in self.files:
            prepared = against(spec, "", DictTree(self.files))
            return spec.with_source(prepared.faults), prepared.plan
        plan = make_plan(spec, DictTree(self.files))
        return plan.faults, plan


def examples(name: str) -> list[Example]:
    """Every marked fence of a page, in order."""
    found: list[Example] = []
    files: dict[str, FileState] = {}
    parts: list[Part] = []
    section = ""
    tokens = MarkdownIt("commonmark").enable("table").parse((DOCS / name).read_text())
    for before, token in pairwise(tokens):
        if before.type == "heading_open":
            files, parts, section = {}, [], token.content.strip("`")
        mark = MARK.fullmatch(before.content.strip()) if before.type == "html_block" else None
        if mark is None or token.type != "fence" or token.map is None:
            continue
        value = (mark["value"] or "").strip()
        text = token.content.encode()
        if "escaped" in mark["flags"]:
            text = token.content.encode("ascii").decode("unicode_escape").encode("latin-1")
        if mark["kind"] == "file":
            files = {**files, value: FileState(text)}
        elif mark["kind"] == "part":
            parts.append(Part(value, text))
        else:
            made = Example(
                name, token.map[0] + 1, section, mark["kind"], value, mark["flags"], text, tuple(parts), files
            )
            found.append(made)
            parts = []
    return found


def cells(row: str) -> list[str]:
    """The cells of a table's row."""
    return [cell.strip() for cell in row.strip().strip("|").split("|")]


def settings_rows() -> list[list[str]]:
    """The rows of the settings table, without its head."""
    section = (DOCS / "manifest.md").read_text().split("\n## Settings\n")[1].split("\n## ")[0]
    return [cells(row) for row in section.splitlines() if row.startswith("| `")]


def shown(faults: list[Diagnostic]) -> str:
    """What a terminal prints of diagnostics."""
    return "".join(visible(render(fault)) + "\n" for fault in faults)


def in_yaml_block(text: str) -> str:
    return f"```yaml mtor\n{text}\n```\n\n```create=x\n```\n"


def of_kind(*kinds: str) -> list[object]:
    pages = ("manifest.md", "rules.md")
    found = [example for page in pages for example in examples(page) if example.kind in kinds]
    return [pytest.param(example, id=f"{example.page}:{example.line}") for example in found]


@pytest.mark.parametrize("example", of_kind("ok"))
def test_an_example_marked_ok_is_read_and_lands_as_the_page_says(example: Example) -> None:
    faults, plan = example.plan()
    assert [render(fault) for fault in faults] == []
    assert plan is not None
    assert {landing.placement for landing in plan.landings} == {example.value}


@pytest.mark.parametrize("example", of_kind("error"))
def test_an_example_marked_as_an_error_breaks_that_rule_and_no_other(example: Example) -> None:
    faults, _ = example.plan()
    assert {fault.rule for fault in faults} == {example.value}


@pytest.mark.parametrize("name", ["manifest.md", "rules.md"])
def test_shown_results_are_real(name: str) -> None:
    if os.environ.get("MTOR_WRITE_GOLDENS"):
        rewrite_outputs(name)
    checked = 0
    before: Example | None = None
    if is_writing():
        rewrite_outputs(name)
    for example in examples(name):
        if example.kind == "output":
            assert before is not None
            assert example.text.decode() == shown(before.plan()[0]), f"{name}:{example.line}"
            checked += 1
        elif example.kind == "after":
            plan = before.plan()[1] if before else None
            states = {change.path: change.after for change in plan.changes} if plan else {}
            assert states[example.value] == FileState(example.text), f"{name}:{example.line}"
            checked += 1
        else:
            before = example
    assert checked


@pytest.mark.parametrize("name", ["manifest.md", "rules.md"])
def test_every_mark_is_known_and_comes_before_a_fence(name: str) -> None:
    kinds = {"file", "part", "ok", "error", "after", "output", "settings", "protect"}
    tokens = MarkdownIt("commonmark").enable("table").parse((DOCS / name).read_text())
    for before, token in pairwise(tokens):
        if before.type == "html_block":
            mark = MARK.fullmatch(before.content.strip())
            assert mark is not None, before.content
            assert mark["kind"] in kinds
            assert token.type == "fence"


@pytest.mark.parametrize("name", ["manifest.md", "rules.md"])
def test_every_manifest_block_on_a_page_is_checked(name: str) -> None:
    marked = {example.text for example in examples(name)}
    marked |= {part.data for example in examples(name) for part in example.parts}
    for token in MarkdownIt("commonmark").enable("table").parse((DOCS / name).read_text()):
        if token.type == "fence" and token.info == "markdown":
            assert token.content.encode() in marked or "\\" in token.content, token.content


def tokens_of(text: str) -> int:
    """The number of tokens of o200k_base, whose vocabulary comes with litellm."""
    folder = Path(str(importlib.util.find_spec("litellm").submodule_search_locations[0]))  # type: ignore[union-attr, index]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TIKTOKEN_CACHE_DIR", str(folder / "litellm_core_utils" / "tokenizers"))
        import tiktoken

        return len(tiktoken.get_encoding("o200k_base").encode(text, disallowed_special=()))


def test_the_text_for_language_models_is_short_and_stands_alone() -> None:
    (prompt,) = [example for example in examples("manifest.md") if "prompt" in example.flags]
    assert prompt.text.decode() == format_text(), "change action/mtor_action/authoring/format.md and the page alike"
    assert len(prompt.text.decode().splitlines()) <= LONGEST_PROMPT
    assert tokens_of(prompt.text.decode()) <= MOST_PROMPT_TOKENS
    assert b"](" not in prompt.text


def test_the_schema_file_is_what_the_settings_table_makes() -> None:
    assert json.loads((DOCS / "settings.schema.json").read_text()) == settings_schema()
    jsonschema.Draft202012Validator.check_schema(settings_schema())


@pytest.mark.parametrize("example", of_kind("settings", "protect"))
def test_settings_examples_are_read_and_fit_the_schema(example: Example) -> None:
    spec = parse_spec([Part("spec.md", in_yaml_block(example.text.decode()).encode())])
    assert [render(fault) for fault in spec.diagnostics] == []
    jsonschema.validate(yaml.safe_load(example.text), settings_schema())


def test_the_settings_table_names_every_key_and_no_other() -> None:
    assert [row[0].strip("`") for row in settings_rows()] == list(SETTINGS)


def test_the_settings_table_says_which_keys_the_defaults_file_takes() -> None:
    said = {row[0].strip("`"): row[1] for row in settings_rows()}
    words = {(True, True): "yes", (True, False): "no", (False, True): "only there"}
    assert said == {name: words[row.in_spec, row.in_file] for name, row in SETTINGS.items()}


@pytest.mark.parametrize("row", settings_rows(), ids=lambda row: row[0].strip("`"))
def test_the_examples_of_the_settings_table_are_read_and_fit_the_schema(row: list[str]) -> None:
    key, text = row[0].strip("`"), row[3].strip("`")
    lines = Lines(Part("settings.yml", text.encode()))
    problems = Problems(lines)
    read_settings(problems, text, first_line=0, in_file=not SETTINGS[key].in_spec)
    assert [render(fault) for fault in problems.found] == []
    value = yaml.safe_load(text)
    assert list(value) == [key]
    jsonschema.validate(value, settings_schema())


def test_the_settings_table_has_the_default_of_the_time_limit() -> None:
    (row,) = [row for row in settings_rows() if row[0] == "`timeout_minutes`"]
    assert float(row[2].strip("`")) == DEFAULT_TIMEOUT_MINUTES


def test_each_rule_has_one_entry_in_the_order_of_the_table() -> None:
    headings = re.findall(r"(?m)^### (.+)$", (DOCS / "rules.md").read_text())
    assert headings == list(RULES)


def test_each_rule_shows_its_mistake_and_a_form_that_works() -> None:
    shown = examples("rules.md")
    # A spec of more than 1,000 files does not fit on a page; what attributes and history say is tested below.
    rules = set(RULES) - {"too-large", "filter", "base-moved"}
    assert {example.section for example in shown if example.kind == "error"} == rules
    assert {example.value for example in shown if example.kind == "error"} == rules
    assert all(example.section == example.value for example in shown if example.kind == "error")
    assert {example.section for example in shown if example.kind == "ok"} - {"base-moved"} == rules


def test_the_rule_about_a_moved_base_shows_what_check_prints(tmp_path: Path) -> None:
    section = (DOCS / "rules.md").read_text().partition("### base-moved\n")[2]
    shown = re.search(r"```text\n(.+?)```", section, re.DOTALL)
    assert shown
    hunk = "<<<<<<< SEARCH\ntimeout = 30\n=======\ntimeout = 45\n>>>>>>> REPLACE\n"
    root = command_line.repository(tmp_path / "repository", {"net.py": "retries = 3\ntimeout = 30\n"})
    command_line.put(root, {"net.py": "retries = 3\ntimeout = 60\n"})
    command_line.git(root, "commit", "-qam", "wait longer")
    (tmp_path / "spec.md").write_text(f"```python edit=net.py\n{hunk}```\n\n```yaml mtor\ntest: []\n```\n")
    done = command_line.mtor(tmp_path, "check", "spec.md", "--repo", str(root))
    assert done.code == 2
    assert shown[1] in re.sub(r"since [0-9a-f]{12}", "since 341062581390", done.out + done.err)


def test_the_rule_about_filter_drivers_shows_what_check_prints(tmp_path: Path) -> None:
    section = (DOCS / "rules.md").read_text().partition("### filter\n")[2].partition("\n### ")[0]
    attributes = re.search(r"says `(.+)`", section)
    shown = re.search(r"```text\n(.+?)```", section, re.DOTALL)
    assert attributes
    assert shown
    root = command_line.repository(tmp_path / "repository", {".gitattributes": attributes[1] + "\n"})
    (tmp_path / "spec.md").write_text("```yaml write=secrets/db.yml\nuser: a\n```\n\n```yaml mtor\ntest: []\n```\n")
    done = command_line.mtor(tmp_path, "check", "spec.md", "--repo", str(root))
    assert done.code == 2
    assert shown[1] in done.err + done.out


def test_outcomes_and_exit_codes_are_those_of_the_program() -> None:
    text = (DOCS / "outcomes.md").read_text()
    rows = [cells(row) for row in text.splitlines() if row.startswith("| `")]
    said = {row[0].strip("`"): int(row[-1]) for row in rows if len(row) == 4 and row[-1].isdigit()}
    assert said == {outcome.value: outcome.exit_code for outcome in Outcome}


@pytest.mark.parametrize(
    ("heading", "kind"),
    [
        ("The object", Report),
        ("spec", SpecSummary),
        ("operations", OperationReport),
        ("commands", CommandReport),
        ("usage", Usage),
    ],
)
def test_every_field_of_the_report_is_on_the_page(heading: str, kind: type) -> None:
    text = (DOCS / "outcomes.md").read_text().replace("`", "")
    section = text.split(f"\n### {heading}\n")[1].split("\n##")[0]
    named = {cells(row)[0] for row in section.splitlines() if row.startswith("| ")} - {"field", "---", "schema"}
    assert named == set(kind.__dataclass_fields__)  # type: ignore[attr-defined]  # all five are dataclasses


def linking_pages() -> list[Path]:
    pages = [*DOCS.glob("**/*.md"), *(ROOT / ".github").glob("**/*.md"), ROOT / "README.md"]
    return sorted(page for page in pages if page.is_file())


def anchors(page: Path) -> set[str]:
    """The fragments that GitHub gives to a page's headings."""
    tokens = MarkdownIt("commonmark").parse(page.read_text())
    titles = [inline.content for before, inline in pairwise(tokens) if before.type == "heading_open"]
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", linking_pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_relative_links_resolve(page: Path) -> None:
    broken = []
    for token in MarkdownIt("commonmark").enable("table").parse(page.read_text()):
        for child in token.children or []:
            target = str(child.attrs.get("href") or child.attrs.get("src") or "")
            if not target or re.match(r"[a-z]+:|//", target):
                continue
            path, _, fragment = target.partition("#")
            file = page.parent / path if path else page
            missing_anchor = fragment and file.suffix == ".md" and file.is_file() and fragment not in anchors(file)
            if not file.exists() or missing_anchor:
                broken.append(target)
    assert broken == []


def rewrite_outputs(name: str) -> None:
    """Put what mtor prints now after every `output` mark of a page."""
    page = DOCS / name
    lines = page.read_text().split("\n")
    # From the end, so that the line numbers above stay right.
    pairs = list(pairwise(example for example in examples(name) if example.kind != "after"))
    for before, example in reversed(pairs):
        if example.kind == "output":
            end = example.line + len(example.text.decode().split("\n")) - 1
            lines[example.line : end] = shown(before.plan()[0]).split("\n")[:-1]
    page.write_text("\n".join(lines))
