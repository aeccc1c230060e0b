"""The event run: mtor's reaction to an event on GitHub without a server. It lasts seconds, decides, and leaves.

event file → happening → may they? → plan, answer, dispatch or cancel. The work itself is the dispatched run's.

event_inputs.py    what the runner gives;  event_reading.py: the event, untrusted;  written_text.py: a text of it
answering.py       event → reaction, rights first;  event_run.py: what every reaction needs
starting_run.py    a spec's texts → a dispatched run;  cancelled_since.py: what was cancelled before that
remaking_run.py    a pull request remade because somebody asked
fixing_run.py      failing checks handed to the implementer although nobody asked
event_commands.py  a writer's command, read, answered and started;  reviews.py: commands and lessons in reviews
lost_labels.py     labels whose own event run was lost;  lost_commands.py: commands in comments likewise
outsiders.py       people without the right to ask
"""
