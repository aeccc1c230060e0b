"""Texts on GitHub: who wrote them, and what they said.

authors.py        who wrote one, or edited it
provenance.py     whose texts a model had read that wrote one
plan_comments.py  the comment with a plan
command_line.py   the first line of a comment, if it is a command's
pins.py           which texts a job is about, and the hash of what each said
"""
