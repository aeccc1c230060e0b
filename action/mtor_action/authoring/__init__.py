"""The way back: two commits → a spec.

from_diff.py      two trees → the text of a spec that makes one of the other
renames.py        which files moved;  line_ranges.py: which lines changed
block_writing.py  a change as a manifest block
"""
