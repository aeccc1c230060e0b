"""Registering the App by GitHub's manifest flow: a page on loopback, a form to GitHub, a code back, credentials.

https://docs.github.com/apps/sharing-github-apps/registering-a-github-app-from-a-manifest (read 2026-11-29)
"""
