"""`mtor`: the table of verbs, and the one place where errors become exit codes.

0 done · 1 not green or not set up · 2 rejected · 3 error · 64 usage · 130 cancelled
"""

from __future__ import annotations

import argparse
import gc
import importlib
import io
import os
import signal
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NoReturn

from mtor_action import __version__
from mtor_action.errors import Cancelled, MtorError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType

EXIT_ERROR = 3
EXIT_USAGE = 64
EXIT_CANCELLED = 130
_USUAL_COLUMNS = 80

# Each verb is a module of this package with add_arguments(parser) and run(arguments) -> exit code. Its sentence is
# here, so that the list of verbs imports none of them.
VERBS = {
    "check": "check specs against the repository and list every mistake, without writing anything",
    "apply": "write a spec's files to the working tree and do nothing else",
    "run": "apply each spec on its own branch, test it, commit it and report",
    "spec": "turn the diff between two commits into a spec",
    "show": "list the definitions of a source file, or print one with the hash that was= takes",
    "prompt": "print what a model needs to know to write specs for this repository",
    "explain": "explain the rule that a diagnostic names, or print a page of the documentation",
    "plan": "have a model write a spec, and check it; changes and runs nothing",
    "submit": "check specs, file each as an issue, and label the issues",
    "coach": "add, list and accept coaching notes, and turn them into gates",
    "night": "show what mtor did since last evening, what needs you, and what it cost",
    "outcomes": "show what became of mtor's pull requests, and what they cost, by week and by model",
    "init": "write the workflow and settings that mtor needs on GitHub",
    "doctor": "check that this machine, the repository and GitHub are ready for a run",
    "work": "run an issue's spec on GitHub's runner and hand over the result (started by the action)",
    "publish": "publish what `mtor work` handed over: branch, pull request, comment (started by the workflow)",
    "event": "answer an event on GitHub: plan, reply, start or cancel a run (started by the workflow)",
}
# The verbs that start commands or hold tokens, with what they hide besides keys: a process with MTOR_JOB is taken for
# a process that a command of that job left behind, so the work job itself must not.
HIDDEN: dict[str, tuple[str, ...]] = {"run": (), "work": ("MTOR_TOKEN", "MTOR_JOB"), "publish": (), "event": ()}


class _Formatter(argparse.HelpFormatter):
    """Help as wide as the terminal. argparse asks `shutil` how wide, and that imports every archive format: 4 ms."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=_columns() - 2)


def _columns() -> int:
    """Return the terminal's columns as `shutil.get_terminal_size` does: COLUMNS, what the system says, or 80."""
    with suppress(KeyError, ValueError):
        if (columns := int(os.environ["COLUMNS"])) > 0:
            return columns
    with suppress(AttributeError, ValueError, OSError):  # no stdout, a closed one, not a terminal
        return os.get_terminal_size(sys.__stdout__.fileno()).columns or _USUAL_COLUMNS  # type: ignore[union-attr]
    return _USUAL_COLUMNS


class _Parser(argparse.ArgumentParser):
    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings, formatter_class=_Formatter)

    def error(self, message: str) -> NoReturn:
        raise UsageError(message, f"see {self.prog} --help")


def entry() -> NoReturn:
    """Run the command line and exit with its code: the console script `mtor`."""
    # What a run makes lives until its end: looking through it for cycles every 700 objects is 3 % of a green run.
    gc.set_threshold(100_000, 20, 20)
    if sys.argv[1:2] and sys.argv[1] in HIDDEN:
        from mtor_action.processes.shield import shield_keys

        try:
            # On a runner the current folder, from which Python imports too, is the repository's.
            module = "" if sys.argv[1] == "run" else "mtor_action"
            shield_keys(os.environ, HIDDEN[sys.argv[1]], module, sys.argv[1:])
        except UsageError as error:
            _complain(error)
            sys.exit(EXIT_USAGE)
    code = main(sys.argv[1:])
    # At its end Python looks for cycles among all objects, several times, and the process frees them anyway: 20 ms.
    gc.freeze()
    sys.exit(code)


def main(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit code."""
    for name in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(name) is signal.SIG_DFL:
            signal.signal(name, _cancel)
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A terminal that cannot show a character must not end a run whose work is done.
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        return _dispatch(arguments)
    except UsageError as error:
        _complain(error)
        return EXIT_USAGE
    except (Cancelled, KeyboardInterrupt):
        print("mtor: cancelled; the repository is as it was", file=sys.stderr)
        return EXIT_CANCELLED
    except BrokenPipeError:
        # The reader of our output went away. Python would complain again when it flushes at exit.
        sys.stdout = open("/dev/null", "w", encoding="utf-8")  # noqa: PTH123, SIM115  lives until the process ends
        return EXIT_ERROR
    except (MtorError, OSError) as error:
        _complain(error)
        return EXIT_ERROR
    except Exception as error:  # noqa: BLE001  the last boundary: a bug must not look like a red test
        return _bug(error)


def _dispatch(arguments: Sequence[str]) -> int:
    parsed = command_line(arguments).parse_args(arguments)
    return int(parsed.verb_run(parsed))


def command_line(arguments: Sequence[str]) -> argparse.ArgumentParser:
    """Return the parser that `arguments` need: of their verb alone, or of all verbs. It raises UsageError."""
    parser = _Parser(
        prog="mtor",
        description="Write a spec's exact code at zero tokens, test it, and call a cheap model only if a test fails.",
        epilog="Exit codes: 0 done, 1 not green or not set up, 2 spec rejected, 3 error, 64 usage, 130 cancelled.",
    )
    parser.add_argument("--version", action="version", version=f"mtor {__version__}")
    verbs = parser.add_subparsers(prog="mtor", metavar="VERB", required=True, parser_class=_Parser)
    requested = arguments[0] if arguments and arguments[0] in VERBS else None
    for name in VERBS if requested is None else (requested,):
        subparser = verbs.add_parser(name, help=VERBS[name], description=VERBS[name], allow_abbrev=False)
        if requested:
            _declare(subparser, name)
    return parser


def _declare(subparser: argparse.ArgumentParser, name: str) -> None:
    """Declare the arguments of the verb `name`: those of every verb, and its own."""
    verb = importlib.import_module(f"mtor_action.cli.{name}")
    subparser.add_argument("--repo", metavar="DIR", help="use this repository (default: the current folder)")
    subparser.add_argument("--json", action="store_true", help="print JSON on stdout")
    verb.add_arguments(subparser)
    subparser.set_defaults(verb_run=verb.run)


def _complain(error: MtorError | OSError) -> None:
    from mtor_action.neutral import inert_log, visible

    if isinstance(error, OSError):
        error = MtorError(f"the system refused: {error}", "free space or fix permissions, then run it again")
    text = f"mtor: {error.message}" + (f"\n      {error.hint}" if error.hint else "")
    print(inert_log(visible(_redacted(text))), file=sys.stderr)


def _bug(error: Exception) -> int:
    import traceback

    print(_redacted("".join(traceback.format_exception(error))), end="", file=sys.stderr)
    print("mtor: this is a bug in mtor; the repository is as it was, please report the lines above", file=sys.stderr)
    return EXIT_ERROR


def _redacted(text: str) -> str:
    # git's words may hold an address with its password, a traceback what a library was given.
    from mtor_action.redaction.redactor import Redactor

    return Redactor(os.environ).redact(text)


def _cancel(signum: int, _frame: FrameType | None) -> NoReturn:
    raise Cancelled(f"stopped by signal {signum}")
