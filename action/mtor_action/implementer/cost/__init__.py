"""What models cost: a run, a day, and a run that named none.

budget.py      what a run may spend, counted after every request
day_ledger.py  what the jobs of a repository have spent today
estimate.py    what a question would cost, for a red run without a model
"""
