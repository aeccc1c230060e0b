from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from github_scene import Scene

R = "/repos/acme/widget"


def test_text_from_a_browser_has_crlf_and_text_through_the_api_is_kept(scene: Scene) -> None:
    issue = scene.repository.issue("one", "a\nb")
    bot = scene.bot()
    sent = bot.call(f"POST {R}/issues/1/comments", {"body": "c\nd"}).json()
    assert bot.call(f"GET {R}/issues/1").json()["body"] == "a\r\nb"
    assert (sent["body"], issue.comment("e\nf").body) == ("c\nd", "e\r\nf")


def test_a_body_holds_65536_characters_and_not_one_more(scene: Scene) -> None:
    scene.repository.issue("one")
    bot, path = scene.bot(), f"{R}/issues/1/comments"
    assert bot.call(f"POST {path}", {"body": "x" * 65_536}).status_code == 201
    answer = bot.call(f"POST {path}", {"body": "x" * 65_537})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "body")
    assert len(scene.repository.issues[1].comments) == 1


def test_what_was_deleted_is_gone_and_what_was_transferred_has_moved(scene: Scene) -> None:
    other, bot = scene.github.repository("acme/other"), scene.bot()
    scene.repository.issue("one").delete()
    scene.repository.issue("two").transfer(other)
    assert bot.call(f"GET {R}/issues/1").status_code == 410
    moved = bot.call(f"GET {R}/issues/2")
    assert (moved.status_code, moved.headers["location"]) == (301, other.issues[1].url)
    assert bot.call(f"GET {R}/issues/3").status_code == 404


def test_a_renamed_repository_redirects_by_its_id(scene: Scene) -> None:
    scene.repository.issue("one")
    scene.repository.rename("acme-inc/gadget")
    bot = scene.bot()
    answer = bot.call(f"GET {R}/issues/1")
    assert answer.status_code == 301
    assert bot.http.get(answer.headers["location"]).json()["repository_url"].endswith("/repos/acme-inc/gadget")


def test_an_archived_repository_is_read_only_and_a_deleted_one_is_not_there(scene: Scene) -> None:
    scene.repository.issue("one")
    scene.repository.archive()
    bot = scene.bot()
    refused = bot.said(f"POST {R}/issues/1/comments", {"body": "x"})
    assert refused == (403, "Repository was archived so is read-only.")
    assert bot.call(f"GET {R}/issues/1").status_code == 200
    scene.repository.delete()
    assert bot.call(f"GET {R}/issues/1").status_code == 404


def test_the_timeline_tells_labels_with_their_actors_and_comments_in_order(scene: Scene) -> None:
    issue = scene.repository.issue("one")
    issue.label("mtor", by="tim")
    issue.label("mtor", by="alice")
    issue.comment("/mtor run", by="alice")
    issue.unlabel("mtor", by="mtor[bot]")
    rows = scene.bot().call(f"GET {R}/issues/1/timeline").json()
    shown = [(row["event"], row["actor"]["login"]) for row in rows]
    assert shown == [("labeled", "tim"), ("commented", "alice"), ("unlabeled", "mtor[bot]")]
    assert rows[2]["performed_via_github_app"]["slug"] == "mtor"


def test_the_same_reaction_twice_is_one(scene: Scene) -> None:
    issue = scene.repository.issue("one")
    bot = scene.bot()
    answers = [bot.call(f"POST {R}/issues/1/reactions", {"content": "eyes"}) for _ in range(2)]
    assert [each.status_code for each in answers] == [201, 200]
    assert issue.reactions.contents == ["eyes"]


def test_lists_come_in_pages_that_link_to_each_other(scene: Scene) -> None:
    issue = scene.repository.issue("one")
    for number in range(5):
        issue.comment(str(number))
    bot, seen = scene.bot(), list[str]()
    url = f"{R}/issues/1/comments?per_page=2"
    while url:
        answer = bot.http.get(url)
        seen += [each["body"] for each in answer.json()]
        url = answer.links.get("next", {}).get("url", "")
    assert seen == ["0", "1", "2", "3", "4"]


def test_people_who_cannot_be_assigned_are_left_out_without_a_word(scene: Scene) -> None:
    scene.repository.issue("one")
    answer = scene.bot().call(f"POST {R}/issues/1/assignees", {"assignees": ["alice", "stranger"]})
    assert (answer.status_code, [each["login"] for each in answer.json()["assignees"]]) == (201, ["alice"])


def test_labels_that_an_outsider_gives_a_new_issue_are_dropped(scene: Scene) -> None:
    body = {"title": "one", "labels": ["mtor"]}
    shown = [scene.person(login).call(f"POST {R}/issues", body).json()["labels"] for login in ("rita", "tim")]
    assert [len(labels) for labels in shown] == [0, 1]
