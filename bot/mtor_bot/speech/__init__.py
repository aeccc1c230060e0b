"""What the bot says on GitHub."""
