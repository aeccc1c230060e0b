"""What a test run says failed: ids, counts and a text that two runs of the same failure share."""
