"""Pull requests.

pulls.py             those of a branch, opened and read;  trailers.py: what their commits say of the job
published_change.py  the change of one of ours
joining_branch.py    results of several, joined
closed_branch.py     the branch of one that was closed
native_stacks.py     a pull request in GitHub's own stack
review_threads.py    threads resolved
"""
