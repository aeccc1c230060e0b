"""Commands and posts on an issue: plans, answers, labels, reactions, the same by the App and by the event run."""
