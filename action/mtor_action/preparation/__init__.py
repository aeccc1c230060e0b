"""Before anything is written: spec, settings and base commit → what a run would do, or why it cannot.

preparation.py      the settings that count and the plan, with every mistake at once
stored_plan.py      the plan by git's attributes: what git would store
batch_plans.py      several specs in order, in memory, each on the planned results of those before it
setting_changes.py  which settings a spec changes, for a person to confirm
"""
