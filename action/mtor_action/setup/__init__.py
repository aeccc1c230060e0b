"""Setting a repository up for GitHub: its project's needs, the files that mtor needs, and the checks."""
