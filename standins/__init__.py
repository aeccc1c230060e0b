"""Stand-ins for the services that mtor talks to, and what starts mtor against them; see README.md."""
