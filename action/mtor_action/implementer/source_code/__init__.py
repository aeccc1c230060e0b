"""Source code as text and as a tree: what a file defines, and what a model's code says.

code_cleanup.py        a block that should be Python → Python that parses, without what models add around code
definitions.py         the definitions of a Python file: where they are, and which a failure is about
related_definitions.py  the definitions that one of them depends on
parsed_lines.py        the lines of a file by its parser: those inside of a string
parsed_statements.py   what a file of another language has beside its definitions
shown_file.py          a file as a model has seen it: all of it, or one definition
statements_by_name.py  the statements of a file or class by what they bind
lost_definitions.py    the definitions that a new text of a file lacks
"""
