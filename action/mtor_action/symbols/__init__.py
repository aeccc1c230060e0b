"""Names in files: which definitions, headings or keys a file has, the lines of each, and the one that a path names.

The grammars are the extra `symbols`. None is loaded before a definition is asked for.

| module | what it has |
| --- | --- |
| `lookup.py` | a path of names → the one definition |
| `outline.py` | source → its definitions |
| `grammar.py` | the languages and their parsers |
| `naming.py` | how definitions are named |
| `extent.py` | the lines of one |
| `identifiers.py` | names that source uses and binds |
| `python_syntax.py` | Python, by its own parser |
| `python_layout.py` | whether two texts differ in layout alone: Python |
| `token_layout.py` | the same for other languages |
| `reindentation.py` | code at another indentation |
| `spacing.py` | empty lines between definitions |
| `section_lookup.py` | a path of keys or headings → the one section |
| `section_paths.py` | such paths |
| `sections.py` | the sections of a file |
| `markdown_headings.py` | of Markdown |
| `yaml_keys.py` | of YAML |
| `toml_keys.py` | of TOML |
| `json_keys.py` | of JSON |
| `key_tree.py` | keys → their lines |
"""
