"""One query for all that must hold when a run starts: the repository, its branch and the issue, as they are now.

It can only answer "nothing is in the way". Otherwise REST is asked, which tells deleted from moved, and why something
is refused. The repository is found by its id, which survives a rename or a transfer.
https://docs.github.com/graphql/reference/objects#repository (read 2026-11-30)
"""

from __future__ import annotations

from mtor_action.github.failures import LIMITED, GitHubError
from mtor_action.github.graphql_answers import is_in
from mtor_bot.bot import Bot
from mtor_bot.jobs.job_record import Job
from mtor_bot.jobs.repository_now import RepositoryNow, renamed

# The two states have different types, and one name cannot have both.
_QUERY = """query($id: ID!, $number: Int!, $ref: String!) {
  node(id: $id) {
    ... on Repository {
      nameWithOwner isArchived
      defaultBranchRef { name }
      ref(qualifiedName: $ref) { target { oid } }
      issueOrPullRequest(number: $number) {
        ... on Issue { issueState: state url }
        ... on PullRequest { pullState: state url }
      }
    }
  }
}"""


def seen_ready(bot: Bot, job: Job) -> RepositoryNow | None:
    """Return the job's repository if nothing keeps the job from being started, None if REST has to be asked.

    Notes a new name. Raises GitHubError for a rate limit.
    """
    with bot.clients.repository(job.place) as client:
        repository = client.node_ids.get(client.repository_id, "")
        if not repository:
            return None
        wanted = {"id": repository, "number": job.number, "ref": f"refs/heads/{job.base_ref}"}
        try:
            node = client.graphql(_QUERY, wanted, is_needed=False).at("node")
        except GitHubError as error:
            if error.kind in LIMITED:
                raise
            return None
    issue, full_name = node.at("issueOrPullRequest"), node.text("nameWithOwner")
    is_here = is_in(issue, full_name, f"issues/{job.number}", f"pull/{job.number}")
    is_open = is_here and "OPEN" in (issue.text("issueState"), issue.text("pullState"))
    has_branches = bool(node.text("ref", "target", "oid") and node.text("defaultBranchRef", "name"))
    if not (is_open and has_branches and full_name) or node.at("isArchived").value is not False:
        return None
    if full_name != job.repository:
        renamed(bot, job.repository_id, full_name)
    return RepositoryNow(full_name, node.text("defaultBranchRef", "name"), archived=False)
