"""The stable names of everything that can be wrong with a spec, in the order in which a spec is read.

docs/rules.md has a heading for each. A rule keeps its name for good; that page says what it no longer covers.
"""

from __future__ import annotations

RULES: dict[str, str] = {
    # the text
    "not-utf8": "The spec, or a file that an edit adds more than ASCII to, is not UTF-8.",
    "nul": "The spec holds a NUL character.",
    "lone-cr": "The spec holds a carriage return without a line feed.",
    # which blocks run
    "no-manifest": "The spec has no operation.",
    "near-miss": "A fence that looks meant as a manifest block is not written as one.",
    "not-a-block": "A line opens a manifest block, but Markdown reads no fence there.",
    "nested-manifest": "The only manifest blocks are inside another fence.",
    "held-fence": "A manifest fence is inside a block whose own fence is not longer.",
    "unclosed": "A manifest block has no closing fence, and Markdown ends it quietly.",
    "quoted-block": "A manifest block is in a block quote.",
    "hidden-block": "A manifest block is where readers of the page cannot see it, after an open <!--.",
    "split-tab": "A tab is only partly the indentation of the list that a block is in.",
    # the info string
    "attribute": "An attribute is unknown, appears twice, has a value that is not allowed, or a word is left over.",
    "two-operations": "One block has two of create, write, edit, replace, insert and subst.",
    "path": "A path that no spec may name.",
    # settings
    "no-test": "Neither the spec nor `.github/mtor.yml` says which commands decide.",
    "two-settings": "A second settings block.",
    "yaml": "The settings are not YAML, or use a part of it that is not read.",
    "unknown-key": "A setting that does not exist.",
    "setting": "A setting's value has the wrong form.",
    "beyond-limit": "A setting goes beyond what the repository's own settings allow a spec.",
    # specs together
    "after": "A spec comes after one that is not in its batch, goes to another base, or cannot be named there.",
    "cycle": "A spec comes after itself, directly or through others.",
    # bodies
    "elision": "A line of a body is a placeholder for code that was left out.",
    "no-hunk": "An edit or a patch without a hunk.",
    "hunk-text": "Text between the hunks of an edit.",
    "marker": "A hunk's marker is malformed, missing, or looks like content.",
    "empty-search": "A hunk with nothing to search for.",
    "no-change": "A hunk, or a move, that changes nothing.",
    "subst-line": "A hunk of a subst block is not one line.",
    "patch-text": "A line of a patch block is not part of a patch.",
    "patch-mode": "A patch sets a file mode other than 100644 and 100755.",
    "special-file": "A patch concerns a symbolic link or a submodule.",
    "binary": "A patch holds a binary file, or an edit's target is one or is UTF-16.",
    # operations together
    "conflict": "Two operations of the spec contradict each other.",
    "moved-away": "An operation names a path that the spec moves away.",
    "case-fold": "Two paths differ only in case or in the encoding of accents.",
    "too-large": "The spec names more than 1,000 files, 10,000 hunks or 10 MB of code.",
    # operations and the tree
    "exists": "A file already exists where one is to be created or moved to.",
    "missing": "A file to edit, move or delete does not exist, or has lines that a patch does not delete.",
    "not-a-file": "The path is a symbolic link, a submodule or a directory, or its parent is not a directory.",
    "filter": "A path is converted by a filter driver of git (LFS, git-crypt, any), which mtor never runs.",
    "subst-count": "A hunk of a subst block has more or fewer places than its count.",
    "subst-pattern": "The regular expression of a subst block is wrong, takes too long, or matches what it writes.",
    "symbol-missing": "No definition, heading or key has that path, or not with that signature.",
    "symbol-ambiguous": "A path names several definitions, headings or keys, or a twin without its signature.",
    "symbol-unparsed": "A definition has a syntax error in it or shares a line, so its lines are not known for sure.",
    "symbol-language": "The language of a file has no grammar here.",
    "symbol-body": "A body is not the one definition that it takes the place of, or changes others.",
    "unseen": "Nothing proves that the author saw what would be overwritten.",
    "syntax": "A file that parsed before would not parse any more, or a created Python file does not.",
    "hunk-not-found": "A hunk matches nothing in the file.",
    "hunk-ambiguous": "A hunk matches more places in the file than it should.",
    # bodies left to the implementer
    "fill-missing": "A definition that is to be filled is neither in the base nor in what the spec writes.",
    "fill-untested": "A spec leaves bodies to the implementer and writes no test.",
    # a base that moved
    "base-moved": "The spec was written for another commit, and its changes and the base's do not go together.",
}
