"""`yaml mtor` → settings, and how far they may go.

yaml_reading.py    YAML → yaml_nodes.py, with places: plain lines;  parsed_yaml.py: any text
yaml_values.py     YAML nodes → texts, lists, numbers, mappings
settings.py        → settings;  setting_values.py: readers of single ones;  settings_schema.py: for editors
predecessors.py    the entries of `after`: issues and files
limits.py          how far a spec's settings may go beyond the repository's
"""
