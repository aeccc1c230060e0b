"""Specs that come after others: pure values in and out, specs are numbered by their place in the batch.

batch.py         the specs named together → who comes after whom, and the order in which they run
joining.py       the results of several predecessors → the files that a spec after all of them starts on
overlaps.py      lines that two specs without an order both change
drawing.py       the order as a small graph of text
"""
