"""A small copy of the action's folder: real start.py and install.py, one tiny package, and a `mtor` that tells."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

ACTION = Path(__file__).resolve().parents[2] / "action"
PYTHON = "/usr/bin/python3"
# It says what it was given, then waits to be stopped if it was asked to.
TELLS = """
import json, os, signal, sys, tiny
def stop(number, frame):
    print("stopped by", number, flush=True)
    sys.exit(130)
signal.signal(signal.SIGTERM, stop)
told = {"uid": os.getuid(), "argv": sys.argv[1:], "environ": dict(os.environ), "prefix": sys.prefix}
open(os.environ["TOLD"], "w").write(json.dumps(told))
if os.environ.get("WAITS"):
    open(os.environ["WAITS"], "w").write("ready\\n")
    signal.pause()
sys.exit(int(os.environ.get("ENDS", "0")))
"""


@dataclass(frozen=True)
class Workshop:
    """`folder` is open to everybody; `wheels` has the packages, the only ones that can be had."""

    folder: Path

    @property
    def action(self) -> Path:
        return self.folder / "action"

    @property
    def wheels(self) -> Path:
        return self.folder / "wheels"

    @property
    def environment(self) -> dict[str, str]:
        """What a runner's step has, and nothing else."""
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder / "home"),
            "RUNNER_TEMP": str(self.folder / "temp"),
            "GITHUB_WORKSPACE": str(self.folder / "workspace"),
            "PIP_NO_INDEX": "1",
            "PIP_FIND_LINKS": str(self.wheels),
            "TOLD": str(self.folder / "told.json"),
        }

    def install(self, stage: str, target: Path, **extra: str) -> subprocess.CompletedProcess[str]:
        """Run install.py, in a workspace that would like to have a say."""
        return self.run("install.py", stage, str(target), **extra)

    def run(self, script: str, *arguments: str, **extra: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [PYTHON, "-I", self.action / script, *arguments],
            cwd=self.folder / "workspace",
            env={**self.environment, **extra},
            capture_output=True,
            text=True,
            check=False,
        )

    def requires(self, stage: str, packages: Mapping[str, str]) -> None:
        """Make `stage` require these packages, by name and hash."""
        lines = [f"{name}==1.0 --hash=sha256:{sha}\n" for name, sha in packages.items()]
        (self.action / "requirements" / f"{stage}.txt").write_text("".join(lines))

    def wheel(self, name: str) -> str:
        """Put a package there; its hash."""
        path = self.wheels / f"{name}-1.0-py3-none-any.whl"
        info = f"{name}-1.0.dist-info"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(f"{name}.py", "")
            archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
            archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
            archive.writestr(f"{info}/RECORD", f"{name}.py,,\n{info}/METADATA,,\n{info}/WHEEL,,\n{info}/RECORD,,\n")
        return hashlib.sha256(path.read_bytes()).hexdigest()


def workshop(folder: Path) -> Workshop:
    """All stages require `tiny`, and `model` `large` too."""
    made = Workshop(folder)
    for part in (made.action / "requirements", made.action / "mtor_action", made.wheels):
        part.mkdir(parents=True)
    for name in ("home", "temp", "workspace"):
        (folder / name).mkdir()
    for script in ("start.py", "install.py"):
        shutil.copy(ACTION / script, made.action / script)
    (made.action / "mtor_action" / "__init__.py").touch()
    (made.action / "mtor_action" / "__main__.py").write_text(TELLS)
    tiny, large = made.wheel("tiny"), made.wheel("large")
    for stage in ("work", "publish"):
        made.requires(stage, {"tiny": tiny})
    made.requires("model", {"tiny": tiny, "large": large})
    return made
