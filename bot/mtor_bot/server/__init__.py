"""The bot's web server: webhooks in, a token for runs, health and metrics.

| module | what it has |
| --- | --- |
| `app.py` | the routes |
| `webhook.py` | POST /webhook |
| `signature.py` | its signature |
| `token_exchange.py` | POST /token |
| `run_identity.py` | which run asks, by OIDC |
| `metrics.py` | GET /metrics |
| `night_pages.py` | GET /night |
| `request_bodies.py` | bodies within limits |
| `connections.py` | connections within limits |
| `serving.py` | from start to signal |
"""
