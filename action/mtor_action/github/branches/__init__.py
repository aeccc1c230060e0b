"""Branches and their files.

repositories.py   branches and their commits;  moving_refs.py: a ref moved from where it was seen
file_contents.py  one file;  settings_file.py: `.github/mtor.yml`
coaching_files.py, taught_notes.py: the branch mtor-coaching;  spending.py: the branch mtor-spending
"""
