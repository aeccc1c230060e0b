"""The only way to a model: `ModelClient.complete(messages, tools)` gives a `Reply` or raises `ModelError`.

| module | what it has |
| --- | --- |
| `provider_client.py` | one turn with a model: retried, bounded in time, counted, priced |
| `chat.py` | messages and replies, as values |
| `roles.py` | which models a run may call |
| `keys.py` | whether there is a key |
| `loading.py` | litellm, imported once, in the background |
| `tool_calling.py` | tools or text |
| `pricing.py` | what a reply cost |
| `token_counts.py` | a text's tokens, estimated |
| `deadline.py` | a call that may take so long and no longer |
| `adapted_requests.py` | a refused request, changed so that it may be taken |
| `provider_answers.py` | an answer as it came |
| `provider_replies.py` | an answer → a `Reply` |
| `provider_failures.py` | the table of failures: how often to ask, sentence, next step |
| `reading_failures.py` | an error → its kind |
| `provider_words.py` | what the words of refusals mean |
| `provider_retrying.py` | whether and when a request is sent again |
"""
