"""For all tests."""

from __future__ import annotations

import os
import signal
import sys
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

from in_process import ROOT, forbid_processes, in_process_tests, is_in_process

if TYPE_CHECKING:
    from pathlib import Path


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--in-process", action="store_true", help="only tests that start neither a process nor a server")


# Tests with pytest's assertions in them are kept, whatever PYTHONDONTWRITEBYTECODE says to the processes that we start:
# making them takes ten seconds, in each of xdist's workers.
sys.dont_write_bytecode = False


def pytest_configure() -> None:
    """Let signals reach what tests start: a job of `&` ignores Ctrl-C, one of nohup SIGHUP, and so do all children."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell xdist's workers, which would read all modules again."""
    if node.config.getoption("in_process") and node.config.rootpath == ROOT:
        node.workerinput["in_process"] = _in_process_tests()


@cache
def _in_process_tests() -> list[str]:
    return in_process_tests()


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Import only those that are wanted: imports take longer than most of these tests."""
    if not config.getoption("in_process") or not collection_path.match("test_*.py"):
        return None
    known = getattr(config, "workerinput", {}).get("in_process")
    is_wanted = is_in_process(collection_path) if known is None else str(collection_path) in known
    return None if is_wanted else True


def pytest_collection_modifyitems(config: pytest.Config) -> None:
    """What runs the tests has started everything that it needs by now."""
    if config.getoption("in_process"):
        forbid_processes()


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """MTOR_INSTALL_DIR for the whole session: the first run fills it, all workers share it."""
    base = tmp_path_factory.getbasetemp()
    return (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "installed"


@pytest.fixture(scope="session")
def warm_pytest() -> None:
    """The process that `command_line.PYTEST` is forked from."""
    from standins import forked_pytest
    from standins.nursery import nursery

    nursery(forked_pytest.WARM_UP)
