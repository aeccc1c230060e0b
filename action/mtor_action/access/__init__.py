"""Access to mtor: the command in a comment, the rights of its author, and the decision."""
