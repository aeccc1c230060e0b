"""Who may make mtor do what: the command in a comment, what its author may do, and the decision."""
