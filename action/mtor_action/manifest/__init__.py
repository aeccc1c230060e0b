"""A spec, from text to operations.

text.py          bytes → lines with places
fenced_blocks.py lines → fenced blocks, by CommonMark: margin_fences.py where no parser is needed, else parsed_fences.py
                 (raw_html.py, html_elements.py: what may hide them)
info_string.py   info string → words and attributes
near_miss.py     info strings that were meant as manifest and are not (nearest.py: the name meant)
stray_syntax.py  bodies that were meant so;  prose_bodies.py: fences by their body or heading
blocks.py        a manifest block → operations.py: what a spec asks for (symbol_reference.py: a definition's name)
symbol_blocks.py blocks and settings that name one;  symbol_conflicts.py: which of them overlap
yaml_reading.py  YAML → yaml_nodes.py, with places: plain lines;  parsed_yaml.py: any text
yaml_values.py   YAML nodes → texts, lists, numbers, mappings
settings.py      `yaml mtor` → settings (setting_values.py: readers of single ones;  settings_schema.py: for editors)
predecessors.py  the entries of `after`: issues and files
limits.py        how far a spec's settings may go beyond the repository's
hunks.py         SEARCH/REPLACE bodies;  subst_block.py: within a line;  unified_diff.py: patch bodies
conflicts.py     operations that exclude each other
elision.py       "... existing code ..." in a body
rules.py         the names of everything that can be wrong
manifest.py      all of the above → Spec, with every diagnostic at once
"""
