"""The report of a run: its schema, and the texts rendered from it.

report.py          report.json, schema 1;  model_records.py: its parts about models;  operation_rows.py: its operations
read.py            from JSON back, and views;  redacted.py: without keys;  report_files.py: its three files
facts.py           the reflection at zero tokens;  timeline.py: the stages;  runner_minutes.py: what the runners cost
wording.py         sentences that all renderings share;  unified.py: a diff, for reading
terminal.py        the summary in a terminal;  markdown.py: the same on GitHub
html.py            one page, with html_turns.py, html_coaching.py, markup.py
"""
