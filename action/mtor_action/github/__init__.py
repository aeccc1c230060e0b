"""GitHub's REST API as mtor uses it: synchronous, a few calls, failures as sentences with a next step.

the way there     client.py: `call`;  tokens.py, permissions.py: rights;  enterprise_server.py: what lacks there
                  answers.py, payloads.py: read without trust;  failures.py, retrying.py: refusals, and trying again
a spec's texts    spec_source.py, pins.py, authors.py, by_hand.py;  filing.py: put into an issue
                  issue_dependencies.py: "blocked by";  settings_file.py: .github/mtor.yml as it is now
runs              dispatched_runs.py, twin_runs.py, run_endings.py;  held_runs.py: those that wait for approval
                  spending.py: what they spent today
on an issue       comments.py: our own;  label_events.py, state_names.py: labels;  pinned_issues.py: pins
the repository    repositories.py, contents.py, pulls.py, closed_branch.py, joining_branch.py, moving_refs.py
                  trailers.py: whose a commit is;  taught_notes.py, coaching_files.py: the branch mtor-coaching
"""
