"""`mtor work`: a run on GitHub's runner.

work.py                      from the inputs to the artifact
context.py, fetching.py      what the workflow run was asked for, and its spec and base from GitHub
planning_job.py              the same for `/mtor plan`: it reads, asks a model, and runs nothing
day_budget.py                what the day's budget leaves
users.py                     a user for the commands;  enclosure.py, trusted_code.py: what that user reaches, changes
model_install.py             the model library, installed when it is needed
"""
