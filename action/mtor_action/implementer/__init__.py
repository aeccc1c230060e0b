"""The implementer: red tests in, a repaired tree or a stated reason out.

The packages, from the first look at the failure to the bill:

failing_output/  a red command's output → what a model is shown of it, and the files that it is about
source_code/     what a file defines, what a model's code says, and what an answer would delete
prompts/         what a model is asked: the smallest question, or the first messages of a conversation
replies/         what a model wrote, in whatever form, to calls
tools/           what a call does to the tree
answered_files/  the text of a file that a model gave back → the file that it means
conversation/    what was said so far: on disk, to the model that goes on, and to the next one
cost/            what a run may spend, what the day has spent, and what a question would cost

And what holds them together:

form_choice.py   how a model is asked first, by what each form came to with it
loop.py          the loop: the smallest question, then a conversation, then the next model
reflection.py    what surprised it
fix_start.py     what a fix began with;  fix_prompts.py: what it asks
fix.py           all of the above for one job
"""
