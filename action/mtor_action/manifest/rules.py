"""The stable names of everything that can be wrong with a spec, in the order in which a spec is read.

docs/rules.md has a heading for each. A rule keeps its name for good; that page says what it no longer covers.
"""

from __future__ import annotations

RULES: dict[str, str] = {
    # the text
    "not-utf8": "The spec is not UTF-8, or an edit adds non-ASCII text to a file that is not.",
    "nul": "The spec contains a NUL character.",
    "lone-cr": "The spec contains a carriage return without a line feed.",
    # which blocks run
    "no-manifest": "The spec has no operation.",
    "near-miss": "A fence looks like a manifest block but is not written as one.",
    "not-a-block": "A line looks like the start of a manifest block, but Markdown sees no fence there.",
    "nested-manifest": "All manifest blocks are inside another fence.",
    "held-fence": "A block contains a manifest fence, and its own fence is not longer.",
    "unclosed": "A manifest block has no closing fence; Markdown would end it silently.",
    "quoted-block": "A manifest block is in a block quote.",
    "hidden-block": "A manifest block is where readers of the page may not see it, such as after an open <!--.",
    "split-tab": "A tab is only partly the indentation of a block in a list.",
    # the info string
    "attribute": "An attribute is unknown, appears twice or has a wrong value, or there is a word too many.",
    "two-operations": "One block has two of create, write, edit, replace, insert and subst.",
    "path": "No spec may name this path.",
    # settings
    "no-test": "Neither the spec nor `.github/mtor.yml` says which tests decide.",
    "two-settings": "The spec has a second settings block.",
    "yaml": "The settings are not YAML, or use a part of YAML that mtor does not accept.",
    "unknown-key": "The setting does not exist, or is in the wrong place.",
    "setting": "A setting's value has the wrong form.",
    "beyond-limit": "A setting exceeds what the repository's own settings allow.",
    # specs together
    "after": "`after` names a spec that is not in the batch, goes to another base, or cannot be named there.",
    "cycle": "A spec comes after itself, directly or through others.",
    # bodies
    "elision": "A line of a body is a placeholder for code that was left out.",
    "no-hunk": "An edit or a patch has no hunk.",
    "hunk-text": "An edit has text before, between or after its hunks.",
    "marker": "A marker of a hunk is malformed or missing, or a line of its content looks like one.",
    "empty-search": "The SEARCH of a hunk is empty.",
    "no-change": "A hunk or a move changes nothing.",
    "subst-line": "A hunk of a subst block has several lines.",
    "patch-text": "A line of a patch block does not belong to a patch.",
    "patch-mode": "A patch sets a file mode other than 100644 or 100755.",
    "special-file": "A patch changes a symbolic link or a submodule.",
    "binary": "A patch contains a binary file, or an edit's target is a binary file or UTF-16 text.",
    # operations together
    "conflict": "Two operations of the spec contradict each other.",
    "moved-away": "An operation names a path that the spec moves away.",
    "case-fold": "Two paths differ only in case or in the encoding of accents.",
    "too-large": "The spec names more than 1,000 files, 10,000 hunks or 10 MB of code.",
    # operations and the tree
    "exists": "The target of a create or a move already exists.",
    "missing": "A file to edit, move or delete does not exist, or a patch deletes only part of it.",
    "not-a-file": "The path is a directory, a symbolic link or a submodule, or a parent is not a directory.",
    "filter": "A git filter driver (LFS, git-crypt, any) converts the path, and mtor never runs one.",
    "subst-count": "A hunk of a subst block matches more or fewer places than its count.",
    "subst-pattern": "The regular expression of a subst block is invalid, takes too long, or matches what it writes.",
    "symbol-missing": "No definition, heading or key has this path, or it has another signature.",
    "symbol-ambiguous": "A path matches several definitions, headings or keys, or picks one by its number alone.",
    "symbol-unparsed": "mtor cannot be sure which lines the definition has.",
    "symbol-language": "mtor cannot read definitions in this file's language here.",
    "symbol-body": "A body is not exactly one definition, or changes others.",
    "unseen": "Nothing proves that the author saw the lines to be overwritten.",
    "syntax": "A file would no longer parse, or a new Python file does not parse.",
    "hunk-not-found": "A hunk matches no place in its file.",
    "hunk-ambiguous": "A hunk matches more places in its file than it should.",
    # bodies left to the implementer
    "fill-missing": "`fill` names a definition that neither the base nor the spec has, or an ambiguous name.",
    "fill-untested": "The spec leaves bodies to the implementer but writes no test.",
    # a base that moved
    "base-moved": "The base has moved since the spec was written, and their changes conflict.",
}
