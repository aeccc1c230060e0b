"""A spec against the files on GitHub: which texts make it, who wrote them, and what it would do."""
