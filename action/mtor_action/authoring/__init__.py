"""What authors of specs get: a spec from two commits, and the documentation that comes with mtor.

from_diff.py      two trees → the text of a spec that makes one of the other
renames.py        which files moved;  line_ranges.py: which lines changed;  minimal_hunks.py: and what places them
file_change.py    how one file changed, in the shortest form that is exact;  named_steps.py: by its definitions and ends
scoped_edits.py   hunks inside of one definition, heading or key, where its name is shorter than what places them
block_writing.py  a change as a manifest block;  bulk_replacements.py: one replacement in many files as one block
moved_definitions.py  what went from one file to another;  token_estimate.py: which of two forms is shorter
prompting.py      what a model is told before it writes one; its format is format.md
suggested_lines.py  lines of a review's suggestion put in the place of others, and found again in a later file
splitting.py     a spec that is longer than an issue → the texts of an issue and its comments
successors.py    the files in a spec's `after` → issues
pinning.py       the commit that a spec was planned on → its settings
doc_pages.py      docs/ and README.md as they are installed: what messages refer to
"""
