"""What a person writes to mtor: the first line of a comment."""
