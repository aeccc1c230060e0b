"""A spec, from text to operations.

text.py         bytes → lines with places
fences/         lines → fenced blocks and their info strings
bodies/         the body of a block, by its form
file_blocks/    a block → what it asks for
settings_block/ `yaml mtor` → settings
prose_bodies.py fences that were meant as a block, by their body or heading;  nearest.py: the name that was meant
rules.py        the names of everything that can be wrong
manifest.py     all of the above → Spec, with every diagnostic at once
"""
