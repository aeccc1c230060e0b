"""Jobs: one request for one spec, from the queue to its end. Rows hold its state; a durable workflow moves it on.

| module | what it has |
| --- | --- |
| `job_record.py` | a job and its states |
| `job_rows.py` | its rows |
| `job_limits.py` | which waiting jobs may start |
| `admission.py` | starts them |
| `held_jobs.py` | jobs that come after others |
| `open_pulls.py` | pull requests that hold further jobs back |
| `obstacles.py` | why a job cannot go on |
| `start_query.py` | all that must hold when a run starts, in one query |
| `repository_now.py` | where a repository is now |
| `attempts.py` | a row for each workflow run |
| `dispatch.py` | has GitHub start a run, once |
| `follow.py` | follows it to its end |
| `workflow_runs.py` | runs through the API |
| `run_webhooks.py` | webhooks about runs |
| `endings.py` | whether a run is tried again, and how a job ends |
| `cancel.py` | ends jobs early |
| `remake_jobs.py` | jobs that remake a pull request |
| `due_passes.py` | when to look for what was missed |
| `archive.py` | the history of old jobs |
"""
