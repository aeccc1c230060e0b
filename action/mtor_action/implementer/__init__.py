"""The implementer: red tests in, a repaired tree or a stated reason out.

budget.py         what a run and a day may spend
evidence.py       a red command's output, cut to what matters
prompt.py         the first messages (prompts/: their texts)
conversation.py   the messages so far, folded so that they never grow without bound
tool_arguments.py what the tools take;  tools.py: what they do
text_protocol.py  the same tools for models that cannot call tools
trial.py          one run of the tests, and everything put back after it
transcript.py     every finished turn on disk, and back again
loop.py           the loop
reflection.py     what surprised it
fix.py            all of the above for one job
"""
