"""GitHub's API as mtor uses it: synchronous, a few calls, failures as sentences with a next step.

The packages, by what on GitHub they are about:

branches/  branches and their files, the settings and the two branches that mtor keeps for itself among them
texts/     who wrote a text, whose texts it goes back to, and what it said when it was asked for
issues/    comments, labels, events and links of issues and pull requests
pulls/     pull requests, their branches, commits and review threads
actions/   runs of workflows: those of jobs, and those that wait for approval
sources/   the texts of a spec, from wherever they are

And the requests that all of them make:

client.py              one repository: every request goes through it;  request_retrying.py: whether it is sent again
remembering_client.py  a client that asks for nothing twice;  prefetch.py: what nearly all need, by one query
graphql_answers.py     accounts and addresses in that query, as REST has them
node_ids.py            the ids that GraphQL takes
confirmed_refusals.py  REST asked before something is refused because of that query
failures.py            refusals to kinds and next steps
answers.py             answers, read without trust;  payloads.py: events
tokens.py              the token to publish with;  permissions.py: what a person may do
downloads.py           logs and archives, at another address than the API's
enterprise_server.py   the servers where nothing is handed over
"""
