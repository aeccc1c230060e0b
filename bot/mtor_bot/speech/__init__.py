"""The bot's own posts on GitHub: comments, labels and reactions.

| module | what it has |
| --- | --- |
| `status_comment.py` | the one comment that is kept up to date, and the label |
| `answer_comment.py` | an answer, as a new comment |
| `end_announcement.py` | a job's end |
| `trigger_reactions.py` | reactions to what asked for a job |
| `turning_away.py` | reactions to people without the right |
| `issue_lock.py` | one at a time on an issue |
"""
