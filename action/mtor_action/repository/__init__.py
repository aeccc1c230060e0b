"""git and the working tree: thin adapters that can be undone after a kill at any moment.

git.py            a git process;  configuration.py: what people have set;  remote.py: git against a server
head.py           the commit to start on;  branch_names.py: the branch that a job makes;  commit.py: its commit
base_tree.py      the tree that a plan is made against;  path_history.py: earlier contents of a path
changes_between.py  two commits compared;  diff_text.py: as text;  working_side.py: a commit and the working tree
first_parents.py  commits that an author may have seen;  joined_start.py: a start on several results
three_way.py      a change carried to another commit;  merge_conflicts.py: where that cannot be

lock.py           one run at a time;  journal.py: what a run will touch;  recovery.py: back to where it started
killed_run.py     whether a killed run left something to put back
worktree.py       changes written to disk;  attributes.py: as git writes them;  scratch.py: asked of git itself
status.py         the state before and after commands;  command_leftovers.py: what they changed, put back
untracked.py      files that git does not track;  snapshot.py: as they were;  set_aside.py: moved away for a run
skipped_files.py  files that git was told to skip;  executable_bits.py: executable bits that it does not see
visible_files.py  the files that an implementer may see;  lent_tree.py: the tree lent to another user
config_guard.py   the files that decide which programs git runs
"""
