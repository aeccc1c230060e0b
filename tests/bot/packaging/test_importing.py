"""What importing the bot does, and what its image is."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
IMPORT_ALL = """
import sys
happened = []
def hook(event, arguments):
    if event.startswith(("socket.connect", "socket.bind", "os.fork", "os.exec", "shutil.", "os.remove", "os.mkdir")):
        happened.append(event)
sys.dont_write_bytecode = True
import mtor_bot, pkgutil, importlib, threading
sys.addaudithook(hook)
for module in pkgutil.walk_packages(mtor_bot.__path__, "mtor_bot."):
    importlib.import_module(module.name)
print(sorted({"litellm"} & set(sys.modules)), threading.active_count(), happened)
"""
VERBS = """
import sys
from mtor_bot.cli import main
main.command_line()
print(sorted({"dbos", "fastapi", "uvicorn", "githubkit", "sqlalchemy", "pydantic"} & set(sys.modules)))
"""


def run(program: str) -> str:
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd="/")
    return done.stdout.strip()


def test_importing_every_module_has_no_effect() -> None:
    assert run(IMPORT_ALL) == "[] 1 []"


def test_help_loads_nothing_of_the_server() -> None:
    assert run(VERBS) == "[]"


def test_the_image_runs_as_nobody_special_with_one_volume() -> None:
    lines = (ROOT / "Dockerfile").read_text(encoding="utf-8").splitlines()
    last = lines[max(number for number, line in enumerate(lines) if line.startswith("FROM ")) :]
    assert [line for line in last if line.startswith("VOLUME")] == ["VOLUME /data"]
    assert "USER 10001" in last
    copied = {word for line in lines if line.startswith("COPY") and "--from" not in line for word in line.split()[1:-1]}
    assert all((ROOT / name).exists() for name in copied)
    assert {f"!{name}" for name in copied} <= set((ROOT / ".dockerignore").read_text(encoding="utf-8").split())
