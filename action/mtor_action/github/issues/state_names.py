"""The names of the labels that show how far an issue's job is; `on_issues/state_labels.py` makes and sets them."""

QUEUED, RUNNING, DONE = "mtor:queued", "mtor:running", "mtor:done"
STALLED, FAILED = "mtor:stalled", "mtor:failed"
