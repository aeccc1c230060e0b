"""Access to the bot's work: the rights of the account that asks, as GitHub has them now, and the decision."""
