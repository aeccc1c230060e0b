"""The tree that is judged, and the judgement.

workspace.py     the working tree with the changes in it, put back at the end whatever happens
verdict.py       gates, setup, format, tests → green, red, flaky, red on the base;  progress.py: what people see
formatting.py    what the format commands made of the spec's own files
log_proof.py     whether a command's log bears out its exit code 0
red_before.py    failures that the base has too: what is excused, and what may hide behind it;
                 own_tests.py: the tests that the job writes or edits, which never are
base_runs.py     testing the base;  base_memory.py: its results, remembered;  early_stops.py: past where it stops
trial_run.py     one run of the tests during a fix, and everything put back after it
final_run.py     the last run: exactly what will be committed;  home_folder.py: the home folder that it gets
"""
