"""What GitHub's runner reads of a job, in work and publish alike: its log, command files, annotations."""
