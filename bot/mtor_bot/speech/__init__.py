"""What the bot says on GitHub: comments, labels and reactions."""
