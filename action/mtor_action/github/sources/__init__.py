"""The texts of a spec, from wherever they are on GitHub.

spec_source.py         an issue, a pull request, comments, a file;  runs_by_hand.py: what a run without pins is about
suggestion_source.py   a spec from a review's suggestions;  review_suggestions.py: one of them
review_words.py        what a review asks for in words
check_logs.py          what failing checks printed
"""
