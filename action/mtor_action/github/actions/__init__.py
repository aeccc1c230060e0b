"""GitHub Actions: runs of workflows.

dispatched_runs.py  runs of jobs: the queue without a server;  twin_runs.py: another run for the same
run_endings.py      the end of one that was cancelled
run_results.py      the result that one has left
held_runs.py        runs that wait for approval
"""
