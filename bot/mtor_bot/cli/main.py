"""`mtor-bot`: the table of verbs, and the one place where errors become exit codes.

0 done · 1 something is wrong · 3 error · 64 usage or settings · 130 stopped while starting
"""

from __future__ import annotations

import argparse
import importlib
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from mtor_action import __version__
from mtor_action.cli.main import EXIT_CANCELLED, EXIT_ERROR, EXIT_USAGE
from mtor_action.errors import MtorError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType

# Each verb is a module of this package with HELP, add_arguments(parser) and run(arguments) -> exit code.
VERBS = ("setup", "serve", "jobs", "doctor")


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UsageError(message, f"{self.prog} --help shows the form")


def entry() -> NoReturn:
    """Run `mtor-bot` with the process's arguments and exit with its code."""
    sys.exit(main(sys.argv[1:]))


def main(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit code; errors are printed to stderr."""
    signal.signal(signal.SIGTERM, _cancel)
    try:
        parsed = command_line().parse_args(arguments)
        return int(parsed.verb_run(parsed))
    except UsageError as error:
        return _complain(error, EXIT_USAGE)
    except KeyboardInterrupt:
        return EXIT_CANCELLED
    except BrokenPipeError:
        # Python would complain again when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_ERROR
    except (MtorError, ModuleNotFoundError) as error:
        return _complain(_as_message(error), EXIT_ERROR)
    except OSError as error:
        return _complain(MtorError(f"the system refused: {error}", "free space or fix permissions"), EXIT_ERROR)


def _as_message(error: MtorError | ModuleNotFoundError) -> MtorError:
    """Return `error` as a message for the user; a missing module of our own is a bug and is raised again."""
    if isinstance(error, MtorError):
        return error
    if (error.name or "").startswith("mtor_"):
        raise error
    message = f"mtor-bot needs {error.name}, which is not installed"
    return MtorError(message, "install mtor with the extra `bot` (mtor explain readme, Install)")


def command_line() -> argparse.ArgumentParser:
    """Return the parser of every command line of `mtor-bot`; it raises UsageError."""
    parser = _Parser(
        prog="mtor-bot", description="The GitHub App: turns labels and comments into workflow runs, one per spec."
    )
    parser.add_argument("--version", action="version", version=f"mtor-bot {__version__}")
    verbs = parser.add_subparsers(prog="mtor-bot", metavar="VERB", required=True, parser_class=_Parser)
    for name in VERBS:
        verb = importlib.import_module(f"mtor_bot.cli.{name}")
        subparser = verbs.add_parser(name, help=verb.HELP, description=verb.HELP, allow_abbrev=False)
        subparser.add_argument(
            "--settings",
            metavar="FILE",
            type=Path,
            help="read settings from this TOML or .env file; MTOR_BOT_* variables override it",
        )
        verb.add_arguments(subparser)
        subparser.set_defaults(verb_run=verb.run)
    return parser


def _complain(error: MtorError, code: int) -> int:
    from mtor_action.neutral import inert_log, visible

    text = f"mtor-bot: {error.message}" + (f"\n      {error.hint}" if error.hint else "")
    print(inert_log(visible(text)), file=sys.stderr)
    return code


def _cancel(_signum: int, _frame: FrameType | None) -> NoReturn:
    # No Exception: a library that is being imported would swallow it.
    raise SystemExit(EXIT_CANCELLED)
