"""A spec against the files on GitHub: its texts, their authors, and the changes that it would make."""
