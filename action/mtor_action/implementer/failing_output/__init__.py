"""A red command's output → what a model is shown of it, and the files that it is about.

library_frames.py      frames of installed packages, the language's own library and the test runner: left out
pytest_frames.py       pytest's first failure as frames of the repository's own code
failure_excerpt.py     what fails, for the smallest question: the assertion, the values, the lines of own code
failure_summary.py     the same for a conversation, with the failing ids and the last lines
lines_of_test.py       the lines of the test that it names, where it does not have them
fault_localization.py  the files that it is about, most likely first
"""
