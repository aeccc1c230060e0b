"""The morning after: what ran, what came of it, what needs a person, and what it cost: `mtor night`.

| module | what it knows |
| --- | --- |
| `night_job.py` | one issue's night as a value, and what it needs from a person |
| `night_on_github.py` | the nights of a repository's issues, read from GitHub and from the record of runs |
| `night_table.py` | the same for a terminal |
| `night_page.py` | the same as one HTML page |
| `night_message.py` | the same for a webhook: Slack and Discord take it as it is |
| `night_issue.py` | the issue "mtor: last night", made once and edited in place |
"""
