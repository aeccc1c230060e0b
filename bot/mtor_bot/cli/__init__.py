"""The command line of the bot, `mtor-bot`: one module a verb."""
