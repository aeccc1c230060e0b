"""Before anything is written: spec, settings and base commit → what a run would do, or why it cannot.

preparation.py      the settings that count and the plan, with every mistake at once
text_origin.py      when a text was written, and for which commit, if that is known
written_for.py      the commit that a spec was written for: named, or found in the branch's history
moved_base.py       the plan on that commit, merged into a base that moved
remake_merge.py     the whole change of a pull request of mtor's, merged onto the commit that its base is at now
merge_faults.py     why such a merge must not count: conflicts, and the rules of paths
stored_plan.py      the plan by git's attributes: what git would store
batch_plans.py      several specs in order, in memory, each on the planned results of those before it
fill_faults.py      a spec that leaves bodies to the implementer: they exist, and have tests
setting_changes.py  which settings a spec changes, for a person to confirm
"""
