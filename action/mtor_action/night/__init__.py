"""The morning after: what ran, what came of it, what needs a person, and what it cost: `mtor night`.

| module | what it knows |
| --- | --- |
| `night_job.py` | one issue's night as a value, and what it needs from a person |
| `night_on_github.py` | the nights of a repository's issues, read from GitHub and from the record of runs |
| `morning.py` | a whole morning as a value: jobs, weeks, notes |
| `morning_on_github.py` | the same over the API alone, and the ledger of outcomes kept on the way |
| `night_without_server.py` | the same without a server, by a run of the workflow |
| `night_time.py` | when a night ends: hour and time zone → moments |
| `night_table.py` | the same for a terminal |
| `night_page.py` | the same as one HTML page |
| `night_message.py` | the same for a webhook: Slack and Discord take it as it is |
| `note_effect_rows.py` | what each note seems to have changed |
| `night_boxes.py` | the issue's boxes, and which of them an edit ticked |
| `night_issue.py` | the issue "mtor: last night", made once and edited in place |
"""
