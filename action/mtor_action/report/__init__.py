"""The report of a run: its schema, and the texts rendered from it.

report.py          the record, and report.json;  model_records.py: what the use of a model adds;  outcome.py: its end
operation_rows.py  what became of each operation;  reflection_facts.py: a reflection without a model
report_json.py     JSON → record, without trust;  redacted_report.py: the record without keys
runner_minutes.py  what the run costs of GitHub's runners
report_files.py    the three files
markdown.py        for pull request and comment;  terminal.py: for the terminal;  wording.py: sentences of all
html.py            the page;  html_turns.py, html_coaching.py, timeline.py: its parts;  markup.py: their HTML
readable_diff.py   a diff, file by file
"""
