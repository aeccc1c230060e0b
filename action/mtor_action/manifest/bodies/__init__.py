"""The body of a block, by its form.

hunks.py         SEARCH/REPLACE
subst_block.py   text replaced within lines
unified_diff.py  patches
elision.py       "... existing code ..." in any of them
"""
