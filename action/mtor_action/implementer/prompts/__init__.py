"""What a model is asked: the smallest question, or the first messages of a conversation. Their texts are the *.md here.

repository_notes.py  AGENTS.md of the base commit, as part of a prompt
first_messages.py    the first messages of a conversation
suspects.py          the files and definitions that most likely hold the mistake
asked_questions.py   which question is asked next
question.py          the smallest question: what fails, and one of those
question_price.py    what it would cost, for a red run without a model
"""
