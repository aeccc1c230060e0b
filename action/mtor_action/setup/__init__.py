"""Setting a repository up for GitHub: what its project looks like, the files that mtor needs, what is missing."""
