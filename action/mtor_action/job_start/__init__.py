"""What starts a job on GitHub: the texts of its spec, their authors, its plan there, and the decision to start now.

spec_texts.py              the texts of a spec, pinned, and who wrote them
issue_threads.py           those of an issue's task
planning_on_github.py      its plan against GitHub's files;  remote_tree.py: those
moved_base_on_github.py    where its hunks may belong now
start_decision.py          whether it starts, waits for a writer, or is refused
predecessors_on_github.py  the specs that it comes after;  joined_starts.py: what it starts on after several
waiting_spec.py            a spec that waits, looked at again
own_pull.py                whether a review of mtor's pull request may go on
suggestions_to_apply.py    what `/mtor apply` takes
fix_from_review.py         what `/mtor fix` takes;  fix_from_checks.py: what `/mtor fix ci` takes
fix_unasked.py             what `fix_ci: true` takes by itself
remakes.py                 which pull request is remade
"""
