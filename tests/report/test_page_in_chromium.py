"""The page in a real browser: nothing hostile runs, nothing is wider than a phone."""

from __future__ import annotations

import re
import subprocess
from html import escape
from typing import TYPE_CHECKING

import pytest
from browser import CHROMIUM, command

import report_samples
from mtor_action.report.html import render_html

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")

# On top of each other, since a frame that is out of sight may not be laid out.
FRAME = '<iframe style="position:fixed;top:0;left:0;width:390px;height:900px;border:0" srcdoc="{page}"></iframe>'
LISTEN = """<body><script>onmessage = (event) => {
  const line = document.createElement("p");
  line.textContent = "heard " + event.data;
  document.body.prepend(line);
}</script>"""
MEASURE = """<script>
  const root = document.documentElement;
  const sticksOut = (element) =>
    !element.closest("pre, svg") && element.getBoundingClientRect().right > root.clientWidth + 0.5;
  const wide = [...document.querySelectorAll("main *")].filter(sticksOut);
  const names = wide.slice(0, 4).map((element) => element.tagName + "." + element.className);
  parent.postMessage(["NAME", root.clientWidth, root.scrollWidth, ...names].join(" "), "*");
</script>"""
CONFESS = """<script>setTimeout(() => parent.postMessage(["NAME", document.title === "pwned",
  document.scripts.length, document.images.length, document.links.length].join(" "), "*"), 100)</script>"""


def heard(pages: dict[str, str], script: str, folder: Path) -> dict[str, list[str]]:
    """What `script` says in each page, by name; all are loaded side by side in frames of 390 pixels."""
    # A window cannot be that narrow, a frame can. The copies give up their policy and open all that is folded.
    frames = []
    for name, page in pages.items():
        bare = re.sub(r"<meta http-equiv=[^>]*>", "", page).replace("<details>", "<details open>")
        frames.append(FRAME.format(page=escape(bare + script.replace("NAME", name))))
    said = re.findall(r"<p>heard (\S+) (.*?)</p>", dom(LISTEN + "".join(frames), folder))
    return {name: words.split() for name, words in said}


def dom(page: str, folder: Path) -> str:
    """The document after the browser has loaded it and run whatever runs."""
    (folder / "page.html").write_text(page, encoding="utf-8")
    shown = command(folder / "page.html", folder / "profile", "--virtual-time-budget=20000", "--dump-dom")
    return subprocess.run(shown, check=True, capture_output=True, text=True, timeout=90).stdout


def test_hostile_text_does_not_run_even_without_the_policy(tmp_path: Path) -> None:
    pages = {name: render_html(report_samples.hostile(text)) for name, text in report_samples.HOSTILE.items()}
    # One page that does run something, so that silence means something.
    control = {"control": render_html(report_samples.clean()).replace("</main>", report_samples.HOSTILE["script"])}
    said = heard(pages | control, CONFESS, tmp_path)
    assert said.pop("control")[0] == "true"
    assert said == {name: ["false", "1", "0", "0"] for name in pages}


def test_the_policy_stops_a_script_that_got_in(tmp_path: Path) -> None:
    page = render_html(report_samples.clean()).replace("</main>", "<script>document.title = 'pwned'</script></main>")
    assert "<title>clean: Retry idempotent requests</title>" in dom(page, tmp_path)


def test_every_page_fits_a_phone_whatever_is_in_it(tmp_path: Path) -> None:
    pages = {name: render_html(build()) for name, build in report_samples.BUILDERS.items()}
    pages |= {
        f"hostile-{name}": render_html(report_samples.hostile(text)) for name, text in report_samples.HOSTILE.items()
    }
    said = heard(pages, MEASURE, tmp_path)
    assert set(said) == set(pages)
    for name, (viewport, content, *wide) in said.items():
        assert (name, content, wide) == (name, viewport, [])
        assert 370 <= int(viewport) <= 390
