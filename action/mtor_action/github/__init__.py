"""GitHub's API as mtor uses it: synchronous, a few calls, failures as sentences with a next step.

client.py              one repository: every request goes through it;  request_retrying.py: whether it is sent again
remembering_client.py  a client that asks for nothing twice;  prefetch.py: what nearly all need, by one query
graphql_answers.py     accounts and addresses in that query, as REST has them
confirmed_refusals.py  REST asked before something is refused because of that query
failures.py            refusals to kinds and next steps
answers.py             answers, read without trust;  payloads.py: events
tokens.py              the token to publish with;  permissions.py: what a person may do
repositories.py        branches and their commits;  file_contents.py, settings_file.py: one file, `.github/mtor.yml`
enterprise_server.py   the servers where nothing is handed over

spec_source.py         the texts of a spec;  pins.py: which they are, and what they said
runs_by_hand.py        one without pins
authors.py             who wrote them;  provenance.py: whose texts a model had read
suggestion_source.py   a spec from a review's suggestions;  review_suggestions.py: one of them
review_words.py        what a review asks for in words;  check_logs.py: what failing checks printed
review_threads.py      threads resolved;  downloads.py: logs and archives, at another address than the API's
issue_filing.py        a spec put into an issue;  plan_comments.py: the comment with a plan
issue_dependencies.py  GitHub's "blocked by";  label_events.py: who labelled an issue;  pinned_issues.py: pins on top
comments.py            our own comments;  state_names.py: names of labels;  night_mark.py: the issue of the night
issue_changes.py       comment, labels and reaction by one request;  node_ids.py: the ids that takes

pulls.py               pull requests;  trailers.py: what their commits say of the job
published_change.py    the change of one of ours;  closed_branch.py: the branch of one that was closed
joining_branch.py      results of several, joined;  moving_refs.py: a ref moved from where it was seen
native_stacks.py       a pull request in GitHub's own stack
dispatched_runs.py     runs of the workflow: the queue without a server;  twin_runs.py: another run for the same
held_runs.py           runs that wait for approval;  run_endings.py: the end of one that was cancelled
coaching_files.py, taught_notes.py: the branch mtor-coaching;  spending.py: the branch mtor-spending
"""
