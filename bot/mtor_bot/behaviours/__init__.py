"""What the bot does about what happens on GitHub: one module a behaviour."""
