"""The working tree put back: after a command, at the end of a run, or after a kill at any moment.

lock.py          one run at a time;  journal.py: what a run will touch;  recovery.py: back to where it started
killed_run.py    whether a killed run left something to put back
status.py        the state before and after commands;  command_leftovers.py: what they changed, put back
untracked.py     files that git does not track;  snapshot.py: as they were;  set_aside.py: moved away for a run
skipped_files.py files that git was told to skip;  executable_bits.py: executable bits that it does not see
lent_tree.py     the tree lent to another user
"""
