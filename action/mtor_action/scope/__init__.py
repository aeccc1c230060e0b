"""The paths that an implementer may write, and the lines of its work to look at first, for work and publish alike.

scope.py            the scope: from plan, settings and base tree to "may this path be written"
name_tables.py      the lists of names (protect.toml, closed.toml)
shell.py            a command's text as words;  programs.py: what is known about programs
command_paths.py    what commands name or load;  task_files.py: what is in package.json, makefiles and their like
formatted.py        what format commands may make of the spec's own files, and when that is still the spec's own
inline_tests.py     tests inside of sources
languages.py        how languages write assertions, skips, exits
cheats.py           changes that make tests pass by not testing
look_first.py       added lines that a reviewer looks at first (look_first.toml)
expected_values.py  values that tests expect
"""
