"""Run the command line of mtor: `python -m mtor_action`."""

from mtor_action.cli.main import entry

if __name__ == "__main__":
    entry()
