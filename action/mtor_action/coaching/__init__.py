"""Coaching: what people say about mtor's work, brought to every later run, and at best turned into a gate.

Read and written:

    note.py              a note;  note_ids.py: what it is called
    notes_file.py        coaching.yml, read with diagnostics (note_fields.py: a note's fields)
    quick_notes.py       the same without mistakes, faster
    notes_file_edits.py  changed without touching what a person wrote
    store.py             the branch mtor-coaching, written by compare-and-swap
    branch_objects.py    its contents, by one `git cat-file`
    notebook.py          add, propose, accept, retire, promote;  importing.py: from a file
    runs.py              runs/YYYY-MM.jsonl: what each run did, from which every counter is derived
    local_runs.py        those of this clone
    form_results.py      what each form of asking a model came to
    stats.py             what a note seems to do;  cache.py: notes kept between runs

Before a spec exists: architects_notes.py, what its author should know.

In a run:

    ranking.py           which notes it gets, in 10 KB
    gates.py             `forbid` and `require`, checked after apply at zero tokens
    briefing.py          both for one job, pinned to a commit
"""
