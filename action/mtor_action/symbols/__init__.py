"""Names in files: which definitions, headings or keys a file has, the lines of each, and the one that a path names.

The grammars are the extra `symbols`. None is loaded before a definition is asked for.
"""
