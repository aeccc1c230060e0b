"""Issues, and what pull requests share with them.

comments.py            our own comments
issue_changes.py       comment, labels and reaction by one request
issue_filing.py        a spec put into an issue
issue_dependencies.py  GitHub's "blocked by"
label_events.py        who labelled an issue
state_names.py         names of labels;  night_mark.py: the issue of the night;  pinned_issues.py: pins on top
"""
