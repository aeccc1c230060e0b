"""The publish job: on a fresh runner, with a write token, with our own code only.

It trusts GitHub and itself. The spec is fetched and planned again here; the artifact of the work job is hostile input.
"""
