"""What mtor puts on an issue: plans, answers, labels, reactions. The App and the event run say it in the same words."""
