"""The text of a file that a model gave back → the file that it means, changed as little as possible.

elided_code.py      what an answer leaves out and says so; none of it deletes code
answer_extent.py    whether it gives all of a Python file, or some definitions
refusals.py         why an answer is not taken
counterparts.py     what of a Python file its definitions replace
line_edits.py       lines put in place of others, from several places of an answer at once
answer_merge.py     a whole Python file or some of its definitions, put into the file
answer_splice.py    a definition of another language, put in its place
corrected_lines.py  a few lines, put back where they belong
minimal_change.py   a whole file, with only the changes that mean something
answer_calls.py     all of the above for one reply: the calls that write what it means
"""
