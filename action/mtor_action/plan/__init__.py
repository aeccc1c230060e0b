"""Spec and base tree in, changes out: nothing here reads or writes a file.

plan.py        the whole: moves, deletes, then blocks in order;  placed_operations.py: where each of them landed
applied.py     whether a spec is applied already, with subst_applied.py, symbol_applied.py; noops.py: its rows
hunks               edits.py, edit_planning.py: in a text;  placing.py: their place;  effort.py: how hard to look
                    edge_edits.py, kept_endings.py: lines at an end of a file, and their line endings
                    file_heads.py: what must come first in a file
                    differences.py: what differs where a hunk has no place
subst               matched_files.py: the files of a glob;  substitution.py: the text replaced
definitions         symbol_planning.py, symbol_edits.py, symbol_texts.py;  scoped_hunks.py: hunks inside of one
                    moved_names.py: the names that a moved one lacks in its new file
paths               similar_paths.py: what a missing one may have meant;  new_names.py: what a new one may be called
filling.py     bodies that a spec leaves to the implementer
parse_check.py a file that parsed before must parse after
"""
