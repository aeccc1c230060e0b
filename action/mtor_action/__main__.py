"""`python -m mtor_action` is `mtor`."""

from mtor_action.cli.main import entry

if __name__ == "__main__":
    entry()
