"""One spec asked for once, from plan to commit and report.

job.py         all of it
red_before_report.py  what the base failed too, and green that proves nothing
options.py     what the caller asks for;  unfinished.py: a fix that was killed, to go on with
pinned_notes.py  the coaching notes that it is told
ownership.py   commands as another user;  root_key.py: why root may not hold a key
repair_imports.py  what a repair needs, imported beside the commands
base_check.py  the base tested ahead of any spec
ordered_runs.py  several specs, each on the results of those that it comes after
"""
