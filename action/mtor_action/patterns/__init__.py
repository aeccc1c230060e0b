"""Regular expressions of specs and notes, in a process that can be killed.

bounded.py   starts it and takes its answers
matching.py  that process: gates;  substituting.py: substitutions
"""
