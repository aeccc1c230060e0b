"""What GitHub's runner reads of a job, in work and publish alike: its log, command files, annotations.

| module | what it has |
| --- | --- |
| `log.py` | groups and masks; no line of a command is obeyed |
| `command_files.py` | outputs and summary, kept from commands |
| `annotations.py` | why it ended red, on the page of the run |
"""
