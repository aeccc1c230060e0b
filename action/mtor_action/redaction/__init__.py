"""Takes keys and tokens out of every text that leaves mtor.

redactor.py      what is known to be secret, or looks like it, replaced (common_values.txt: what never is)
secret_names.py  the variables that hold secrets;  key_shapes.py: how issuers' keys look (key_shapes.txt)
spans.py         places in a text as a reader sees it
"""
