"""The publish job: on a fresh runner, with a write token, with our own code only.

It trusts GitHub and itself. The spec is fetched and planned again here; the artifact of the work job is hostile input.

inputs.py         the job's inputs;  credentials.py: its tokens;  outputs.py: what it leaves for others
publication.py    one job published: verify, push, tell
verification.py   the spec planned again, the artifact judged by it
pushed_work.py    commit, push, pull request, step by step;  ci_start.py: whether CI starts by itself
commits.py        a job's two commits, and what marks them;  branches.py: the branch that it may have
pushing.py        git push and its refusals;  signing.py: commits signed by GitHub
reviewers.py      who is asked for a review;  codeowners.py: who owns which paths
comment_text.py   the texts that people read;  state_without_server.py: sticky comment and label
coaching_branch.py, recorded_spending.py: what is kept on branches of the repository
runner_time.py    how long the jobs ran
"""
