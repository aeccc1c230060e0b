"""A repository as values: nothing here reads or writes a file.

changes.py      a file's state, and a change of it
tree.py         a tree of files that is read on demand;  overlay.py, overlaid_tree.py: with changes on top
file_text.py    bytes as lines, with their endings
path_policy.py  which paths a spec may name, and how large things may be
globs.py        patterns of paths
"""
