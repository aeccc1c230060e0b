"""The tools of a model: a call → what it did to the tree, and the observation.

lenient_json.py    a call's arguments, as models write them, to one object
tool_arguments.py  what each tool takes, checked
file_listing.py    lines of a file as a model is shown them
unseen_text.py     what it was not shown of a file, and may not write back
toolbox.py         what the tools do
"""
