"""What was said so far: on disk, to the model that goes on, and to the next one.

transcript.py        every finished turn on disk, and back again
message_history.py   the messages of a conversation with tools, bounded;  text_history.py: of one in text
attempts_summary.py  the attempts so far, a line each: for the next question, the next model, the reflection
"""
