"""Registering the App by GitHub's manifest flow: a page on loopback, a form to GitHub, a code back, credentials.

https://docs.github.com/apps/sharing-github-apps/registering-a-github-app-from-a-manifest (read 2026-11-29)

| module | what it has |
| --- | --- |
| `app_manifest.py` | the request to GitHub |
| `loopback.py` | the page's server |
| `page.py` | the page |
| `app_credentials.py` | GitHub's code → credentials |
| `credential_files.py` | bot.env and the key |
| `next_steps.py` | what is left to do |
"""
