"""Spec and base tree in, changes out: nothing here reads or writes a file."""
