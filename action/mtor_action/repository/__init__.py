"""git and the working tree: thin adapters that can be undone after a kill at any moment.

git.py            a git process;  configuration.py: what people have set;  remote.py: git against a server
config_guard.py   the files that decide which programs git runs
head.py           the commit to start on;  branch_names.py: the branch that a job makes
revisions/        commits and trees: read, compared, merged and made
worktree.py       changes written to disk;  attributes.py: as git writes them;  scratch.py: asked of git itself
visible_files.py  the files that an implementer may see
restoring/        the working tree put back
"""
