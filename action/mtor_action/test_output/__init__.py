"""Failures in the output of a test run: ids, counts and a text that two runs of the same failure share."""
