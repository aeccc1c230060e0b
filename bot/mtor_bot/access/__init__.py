"""`mtor_action.asking` with this server's own account and the bots that it lists."""
