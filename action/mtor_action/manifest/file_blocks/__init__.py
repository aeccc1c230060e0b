"""A manifest block → what it asks for, and which of them exclude each other.

operations.py        what a spec asks for;  symbol_reference.py: a definition's name
blocks.py            a block → its operation
symbol_blocks.py     blocks and settings that name a definition
conflicts.py         operations that exclude each other;  symbol_conflicts.py: definitions that overlap
"""
