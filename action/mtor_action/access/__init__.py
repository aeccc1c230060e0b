"""Access to mtor: the command in a comment, the rights of its author, and the decision.

| module | what it has |
| --- | --- |
| `accounts.py` | who somebody is and what they may, as GitHub has it now |
| `command.py` | the first line of a comment → a command |
| `decision.py` | who may ask for what: the one table |
"""
