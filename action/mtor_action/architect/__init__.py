"""A task → a spec that plans cleanly: scouts read, the architect writes, and what `mtor check` says goes back to it.

Nothing here writes a file, runs a command of the repository, or holds a token of GitHub.

commit_reader.py      the tools: lines of files and searches in one commit, bounded and redacted
role_conversation.py  one model, or the next, until it answers in words; counted, watched for stalls
drafts.py             an answer → specs by name, or the questions of an architect who will not guess
judging.py            specs against the commit → what is wrong, in words for the architect
drafting.py           scout, then up to three rounds of writing and judging
repository_facts.py   what of the repository the architect is told
plan_record.py        what came of it, as the work job hands it to the publish job
"""
