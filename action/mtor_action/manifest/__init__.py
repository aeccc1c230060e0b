"""A spec, from text to operations.

text.py         bytes → lines with places
structure.py    lines → fenced blocks, by CommonMark (raw_html.py, html_elements.py: what may hide them)
info_string.py  info string → words and attributes
near_miss.py    info strings that were meant as manifest and are not
values.py       YAML nodes → texts, lists, numbers, mappings
settings.py     `yaml mtor` → settings (yaml_nodes.py: YAML with places and without surprises)
hunks.py        SEARCH/REPLACE bodies;  unified_diff.py: patch bodies
elision.py      "... existing code ..." in a body
rules.py        the names of everything that can be wrong
manifest.py     all of the above → Spec, with every diagnostic at once
"""
