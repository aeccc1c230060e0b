"""Posts on an issue: plans, answers, labels, reactions, in the same words by the App and by the event run."""
