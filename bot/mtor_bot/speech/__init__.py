"""The bot's own posts on GitHub: comments, labels and reactions."""
