"""Names in source files: which definitions a file has, the lines that belong to one, and the one that a path names.

The grammars are the extra `symbols`. None is loaded before a definition is asked for.
"""
