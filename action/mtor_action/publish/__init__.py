"""The publish job: on a fresh runner, with a write token, with our own code only.

It trusts GitHub and itself. The spec is fetched and planned again here; the artifact of the work job is hostile input.

publication.py    a job from its inputs to the last comment;  plan_publication.py: the same for `/mtor plan`
inputs.py         what was asked for;  credentials.py: the tokens;  outputs.py: what others get
verification.py   the spec planned again, and the artifact judged by it;  verified.py: what that comes to
ci_start.py       whether CI starts by itself, and the account that pushes therefore
pushed_work.py    commit, push, pull request;  branch_choice.py: which branch;  commits.py: which commits
signing.py        commits that GitHub signs;  pushing.py: those that git pushes
reviewers.py      who is asked for a review;  codeowners.py: who owns which paths
comment_text.py   what people read;  pull_text.py: a pull request;  thread_answers.py: threads of a review
runner_time.py    how long the jobs have been running
coaching_branch.py, recorded_spending.py, state_without_server.py: what else is kept on GitHub
"""
