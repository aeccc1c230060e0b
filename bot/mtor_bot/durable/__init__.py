"""Everything that DBOS runs: deliveries and jobs as durable workflows, and the passes that repair what was missed.

| module | what it has |
| --- | --- |
| `receive.py` | a webhook is stored |
| `inbox_to_queue.py` | deliveries, from the inbox to the queue |
| `delivery_workflow.py` | a delivery: its behaviour, tried again |
| `job_workflow.py` | a job, step by step |
| `launch.py` | start and end of all this |
| `executor_watch.py` | leases: a dead process is replaced |
| `reconcile.py` | repairs every few minutes |
| `lost_events.py` | webhooks that failed, labels and runs that nobody heard of |
| `repository_walk.py` | all repositories, some in each pass |
| `mornings.py` | the end of every night |
| `polling.py` | what webhooks would have said |
| `poll_loop.py` | the bot without a server |
"""
