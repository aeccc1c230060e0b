"""What became of mtor's pull requests, and what that cost: `mtor outcomes`.

| module | what it knows |
| --- | --- |
| `pull_outcomes.py` | outcomes.jsonl: one line a pull request, and until when GitHub was read |
| `changed_pulls.py` | what is new on GitHub since then |
| `figures.py` | ledger and runs → figures by week and by model |
| `outcomes_table.py` | those figures for a terminal, with a plot |
"""
