"""Commits and trees: read, compared, merged and made.

commit.py           a job's commit;  base_tree.py: the tree that a plan is made against
path_history.py     earlier contents of a path;  first_parents.py: commits that an author may have seen
changes_between.py  two commits compared;  diff_text.py: as text;  working_side.py: a commit and the working tree
joined_start.py     a start on several results
three_way.py        a change carried to another commit;  merge_conflicts.py: where that cannot be
"""
