"""Stand-ins for the services that mtor talks to."""
