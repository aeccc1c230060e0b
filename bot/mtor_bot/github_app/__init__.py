"""GitHub as the App sees it: as itself, and as its installation in a repository.

| module | what it has |
| --- | --- |
| `clients.py` | clients as the App and as its installation |
| `paced_client.py` | keeps to GitHub's limits |
| `rate_limits.py` | when a request may be sent |
| `kept_answers.py` | answers that are not asked for twice |
| `own_on_github.py` | what on GitHub is mtor's |
| `installed_repository.py` | a repository as the App reaches it |
| `app_needs.py` | the App's permissions |
| `private_key.py` | its key |
"""
