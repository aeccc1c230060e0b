"""Who may make mtor do what."""
