"""git and the working tree: thin adapters that can be undone after a kill at any moment.

git               git.py: running it;  remote.py: against a server;  configuration.py, attributes.py: files stored
                  config_guard.py: which programs it may run
commits           head.py, first_parents.py, past.py: found;  commit.py: made;  diff.py: compared
                  base_tree.py: trees that plans are made against;  branch_names.py: a job's branch
merging           three_way.py, merge_conflicts.py, joined_start.py;  scratch.py: a throwaway working tree for it
working tree      worktree.py: changes written;  status.py, snapshot.py, untracked.py, hidden.py, modes.py: how it is
                  known.py: what an implementer may see;  lent_tree.py: lent to the user who runs the commands
undoing           journal.py, recovery.py, leftovers.py, aside.py;  lock.py: one run at a time
"""
