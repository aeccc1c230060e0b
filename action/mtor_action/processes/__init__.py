"""Runs a command and ends everything that it started.

commands.py      one command after the other, each with a result;  environment.py: the variables they get
execution.py     one process until its end or its timeout;  output.py: what it printed, bounded
processes.py     finding and ending what a command left running;  interruption.py: a person asked to stop
shield.py        our own keys, out of reach of commands
"""
