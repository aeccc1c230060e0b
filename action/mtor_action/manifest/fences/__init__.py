"""A spec's lines → its fenced code blocks, and what their info strings say.

fenced_blocks.py  by CommonMark: margin_fences.py where no parser is needed, else parsed_fences.py
                  (raw_html.py, html_elements.py: what may hide them)
info_string.py    info string → words and attributes
near_miss.py      info strings that were meant as manifest and are not
stray_syntax.py   bodies that were meant so
"""
