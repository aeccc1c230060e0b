"""GitHub's REST API as mtor uses it: synchronous, a few calls, failures as sentences with a next step."""
