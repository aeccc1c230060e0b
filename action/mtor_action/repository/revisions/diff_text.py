"""The difference of two commits as bounded text for the report."""

from __future__ import annotations

from mtor_action.repository.git import Git, git_failed, pipe


def diff_text(git: Git, base: str, head: str, *, limit_bytes: int = 200_000) -> str:
    """Return the unified diff from commit `base` to commit `head`, cut at a line with a note beyond `limit_bytes`."""
    # diff-tree, unlike diff, does not read the settings by which a person dresses diffs up for the eye.
    args = ("diff-tree", "-r", "-p", "-M", "--no-color", "--no-ext-diff", "--no-textconv", base, head, "--")
    with git.start(*args) as process:
        out = pipe(process.stdout).read(limit_bytes + 1)
        cut = len(out) > limit_bytes
        if cut:
            process.kill()
        stderr = pipe(process.stderr).read()
    if process.returncode and not cut:
        raise git_failed(args, process.returncode, stderr)
    return _cut(out[:limit_bytes], limit_bytes) if cut else out.decode("utf-8", "replace")


def _cut(out: bytes, limit_bytes: int) -> str:
    whole_lines = out[: out.rfind(b"\n") + 1].decode("utf-8", "replace")
    return f"{whole_lines}[the diff is longer than {limit_bytes} bytes and was cut here]\n"
