"""What models cost: a run, a day.

budget.py      what a run may spend, counted after every request
day_ledger.py  what the jobs of a repository have spent today
"""
