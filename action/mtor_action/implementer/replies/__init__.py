"""A model's reply as text → the calls that it asks for.

text_protocol.py      the form that a model without tools is asked for
reasoning.py          takes away what the model only thought
repeated_question.py  and what it repeats of the question
calls_in_text.py      tool calls that a model wrote out as text, in the notations of several model families
reply_blocks.py       fenced blocks: an edit, a whole file, a diff, and the file each of them is meant for
diffs.py              a unified diff → SEARCH/REPLACE hunks
commands_in_text.py   `@read`, `@search`, `@run_tests`, `@finish`
reply_words.py        what it says before its code
reply_text.py         all of the above for one reply

A reply is carried out only where it has exactly one reading. Everything else becomes a call that is answered with what
was wrong and the form that was expected.
"""
