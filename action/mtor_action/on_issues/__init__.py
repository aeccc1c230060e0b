"""Commands and posts on an issue: plans, answers, labels, reactions, the same by the App and by the event run.

| module | what it has |
| --- | --- |
| `writers_command.py` | the table verb → function, and what each does |
| `answer_texts.py` | answers in words: the help, the error message |
| `shown_state.py` | sticky comment, label and reaction at once |
| `status_memory.py` | the sticky comment, and what mtor remembers in it |
| `state_labels.py` | the labels that show the state |
| `reactions.py` | seen, done, not done |
| `best_effort.py` | what may fail, since a message says it too |
| `paused.py` | what mtor says while it is paused |
| `ci_checks.py` | `/mtor ci`: starts the checks that GitHub holds for approval |
| `plan_requests.py` | `/mtor plan` → a run |
| `plan_answer.py` | what came of that |
| `plan_text.py` | a spec's plan, or its faults, in Markdown |
| `waiting_specs.py` | specs that wait for others, without a server |
| `unreported_ends.py` | ends of runs that nobody reported, without a server |
| `remake_runs.py` | pull requests that are remade, without a server |
"""
