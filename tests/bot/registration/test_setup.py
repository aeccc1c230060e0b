"""`mtor-bot setup` against the stand-in for GitHub: what it writes, and what it says where it cannot."""

from __future__ import annotations

import json
import re
import signal
import socket
import stat
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import TYPE_CHECKING, Any

import pytest

from bot.bots import until
from bot.registration.agreeing import agree, environment, form, look, setting_up
from bot.serving import ended, serving
from mtor_bot.behaviours.table import SUBSCRIPTIONS
from mtor_bot.github_app.app_needs import PERMISSIONS
from mtor_bot.registration.app_manifest import GitHubPlace, Registration, place_of_api, place_of_web
from mtor_bot.server_settings import ServerSettings, load
from standins.github import GitHubSandbox

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

URL = "https://mtor.example"


@pytest.fixture
def github(tmp_path: Path) -> Iterator[GitHubSandbox]:
    with GitHubSandbox(tmp_path / "github", scale=0.01) as made:
        made.world.user("acme", "Organization")
        yield made


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "server"
    made.mkdir()
    return made


def run(*arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    return ended(environment(**more), "setup", "--no-browser", *arguments)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_two_buttons_lead_to_an_app_and_to_settings_that_only_their_owner_can_read(
    github: GitHubSandbox, folder: Path
) -> None:
    with setting_up(github, folder, "--organization", "acme", "--url", URL) as setup:
        shown = look(agree(github, setup))
        assert (setup.wait(), setup.err) == (0, "")
    app = github.app
    assert (app.slug, app.owner, app.permissions, app.events) == ("mtor-acme", "acme", PERMISSIONS, SUBSCRIPTIONS)
    settings = load(ServerSettings, {}, folder / "bot.env")
    assert (settings.app_id, settings.public_url, settings.api_url) == (str(app.id), URL, github.api_url)
    assert settings.app_private_key.get_secret_value() == app.private_key.strip()
    assert settings.webhook_secret.get_secret_value() == github.hooks.secret
    assert {path.name: mode(path) for path in folder.iterdir()} == {"bot.env": 0o600, "mtor-key.pem": 0o600}
    install = f"{github.url}/apps/mtor-acme/installations/new"
    assert install in setup.out
    assert f'href="{install}"' in shown.text
    said = setup.out + shown.text
    for secret in (github.hooks.secret, app.private_key.splitlines()[1], "0" * 40):
        assert secret not in said


def test_the_manifest_asks_for_what_doctor_checks_and_nothing_of_its_own_accord(
    github: GitHubSandbox, folder: Path
) -> None:
    def manifest(*arguments: str) -> tuple[str, dict[str, Any]]:
        with setting_up(github, folder, *arguments) as setup:
            action, fields = form(look(setup.address).text)
            return action, json.loads(fields["manifest"])

    action, own = manifest()
    assert re.fullmatch(rf"{github.url}/settings/apps/new\?state=[\w-]{{43}}", action)
    assert (own["public"], own["default_permissions"], own["default_events"]) == (
        False,
        PERMISSIONS,
        list(SUBSCRIPTIONS),
    )
    assert "hook_attributes" not in own
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/created", own["redirect_url"])
    assert re.fullmatch(r"mtor-[0-9a-f]{6}", own["name"])
    action, theirs = manifest("--organization", "acme", "--url", f"{URL}/", "--name", "Night shift", "--four-eyes")
    assert action.startswith(f"{github.url}/organizations/acme/settings/apps/new?state=")
    assert theirs["hook_attributes"] == {"url": f"{URL}/webhook", "active": True}
    assert (theirs["name"], theirs["url"]) == ("Night shift", URL)
    assert theirs["default_permissions"] == {**PERMISSIONS, "statuses": "write"}


def test_doctor_and_serve_read_what_was_written(github: GitHubSandbox, folder: Path, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    with setting_up(github, folder, "--url", url) as setup:
        look(agree(github, setup))
        assert setup.wait() == 0
    env = str(folder / "bot.env")
    variables = {**environment(), "MTOR_BOT_DATABASE_URL": f"sqlite:///{tmp_path / 'x.sqlite'}"}
    variables["MTOR_BOT_LISTEN_PORT"] = url.rpartition(":")[2]
    variables["MTOR_BOT_METRICS_PORT"] = "0"  # any free one: the next port may be taken
    with serving(variables, "--settings", env):
        doctor = ended(variables, "doctor", "--settings", env, "--json")
    assert (doctor.returncode, doctor.stderr) == (0, ""), doctor.stdout
    assert {each["verdict"] for each in json.loads(doctor.stdout)["findings"]} == {"fine"}


def test_without_an_address_the_printed_steps_need_nothing_else(github: GitHubSandbox, folder: Path) -> None:
    with setting_up(github, folder) as setup:
        look(agree(github, setup))
        assert setup.wait() == 0
    (step,) = re.findall(r"mtor-bot (doctor --poll --settings \S+)", setup.out)
    doctor = ended(environment(), *step.split(), "--json")
    assert (doctor.returncode, doctor.stderr) == (0, ""), doctor.stdout
    assert f"MTOR_BOT_DATABASE_URL=sqlite:///{folder / 'mtor.sqlite'}" in (folder / "bot.env").read_text().split("\n")


def test_docker_and_a_shell_read_it_as_it_was_written(github: GitHubSandbox, folder: Path) -> None:
    with setting_up(github, folder, "--url", URL) as setup:
        look(agree(github, setup))
        setup.wait()
    text = (folder / "bot.env").read_text(encoding="utf-8")
    # Docker's own rule: a line is NAME=VALUE, taken as it is.
    docker = dict(line.split("=", 1) for line in text.splitlines() if line and not line.startswith("#"))
    shell = ["sh", "-c", f"set -a; . {folder}/bot.env; env"]
    said = subprocess.run(shell, env={}, capture_output=True, text=True, check=True).stdout
    assert docker == {
        name: value for name, _, value in (line.partition("=") for line in said.splitlines()) if name in docker
    }
    assert load(ServerSettings, docker) == load(ServerSettings, {}, folder / "bot.env")


def test_without_a_public_address_there_is_a_secret_and_what_is_left_to_do(github: GitHubSandbox, folder: Path) -> None:
    with setting_up(github, folder) as setup:
        look(agree(github, setup))
        assert setup.wait() == 0
    text = (folder / "bot.env").read_text(encoding="utf-8")
    assert re.search(r"^MTOR_BOT_WEBHOOK_SECRET=[0-9a-f]{64}$", text, re.MULTILINE)
    assert "# MTOR_BOT_PUBLIC_URL=" in text
    assert "set the webhook to it" in setup.out
    assert f"{github.url}/settings/apps/{github.app.slug}" in setup.out


def test_an_answer_with_another_state_changes_nothing_and_the_right_one_still_counts(
    github: GitHubSandbox, folder: Path
) -> None:
    with setting_up(github, folder) as setup:
        location = agree(github, setup)
        for wrong in ("", "&state=", "&state=x", f"&state={'a' * 43}"):
            answer = look(re.sub("&state=.*", wrong, location))
            assert (answer.status_code, "does not belong" in answer.text) == (403, True)
        assert not list(folder.iterdir())
        assert look(location).status_code == 200
        assert setup.wait() == 0
    assert setup.err.count("another state") == 1


def test_the_state_serves_once(github: GitHubSandbox, folder: Path) -> None:
    with setting_up(github, folder) as setup:
        location = agree(github, setup)
        github.faults.add("POST /app-manifests/*", 502, times=1)
        are_refused = threading.Event()
        github.faults.before("POST /app-manifests/*", lambda: are_refused.wait(20))
        with ThreadPoolExecutor(4) as browsers:
            done = as_completed([browsers.submit(look, location) for _ in range(4)])
            answers = [next(done).result().status_code for _ in range(3)]
            are_refused.set()  # setup ends once it has answered the one that counts
            answers.append(next(done).result().status_code)
        assert setup.wait() == 0
    assert sorted(answers) == [200, 409, 409, 409]
    assert len(github.said("POST", "/app-manifests/*")) == 2


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({}, "does not know the code any more (HTTP 404): it is older than an hour"),
        ({"status": 422, "body": {"message": "no"}}, "GitHub finds the request invalid (HTTP 422); GitHub says: no"),
        ({"status": 403, "body": {"message": "not today"}}, "GitHub refuses it (HTTP 403); GitHub says: not today"),
        ({"status": 201, "body": "<html>"}, "the answer is not GitHub's JSON"),
        ({"status": 201, "body": {"id": 7, "slug": "x"}}, "not what was asked for: html_url, pem, owner"),
    ],
    ids=["expired", "invalid", "refused", "not JSON", "half an answer"],
)
def test_a_code_that_is_not_exchanged_leaves_nothing_behind(
    github: GitHubSandbox, folder: Path, fault: dict[str, Any], words: str
) -> None:
    with setting_up(github, folder, "--organization", "acme") as setup:
        location = agree(github, setup)
        if fault:
            github.faults.add("POST /app-manifests/*", **fault)
        else:
            github.clock.advance(3600)
        shown = look(location)
        assert setup.wait() == 3
    code = re.findall(r"code=([^&]*)", location)[0]
    for said in (setup.err, shown.text.replace("&#x27;", "'")):
        assert words in said
        assert f"{github.url}/organizations/acme/settings/apps lists the new App, delete it there" in said
        assert code not in said
    assert (shown.status_code, list(folder.iterdir())) == (502, [])


def test_an_app_of_somebody_else_is_not_mistaken_for_ones_own(github: GitHubSandbox, folder: Path) -> None:
    with setting_up(github, folder, "--organization", "acme") as setup:
        location = agree(github, setup)
        foreign = github.app.manifest_code({"name": "evil", "default_events": SUBSCRIPTIONS}, "mallory")
        look(re.sub("code=[^&]*", f"code={foreign}", location))
        assert setup.wait() == 3
    assert ("not what was asked for: owner" in setup.err, list(folder.iterdir())) == (True, [])


def test_a_fault_that_passes_is_waited_for(github: GitHubSandbox, folder: Path) -> None:
    github.faults.add("POST /app-manifests/*", 503, times=2)
    with setting_up(github, folder) as setup:
        assert look(agree(github, setup)).status_code == 200
        assert setup.wait() == 0


def test_a_code_that_github_exchanged_while_its_answer_was_lost_is_reported_as_that(
    github: GitHubSandbox, folder: Path
) -> None:
    github.faults.add("POST /app-manifests/*", 502, after_effect=True, times=1)
    with setting_up(github, folder) as setup:
        look(agree(github, setup))
        assert setup.wait() == 3
    assert "was used already" in setup.err
    assert not list(folder.iterdir())


@pytest.mark.parametrize("code", ["", "..%2F..%2Fuser", "a%0Ab", "a/b", "x" * 129])
def test_what_cannot_be_a_code_reaches_no_request(github: GitHubSandbox, folder: Path, code: str) -> None:
    with setting_up(github, folder) as setup:
        location = agree(github, setup)
        answer = look(re.sub("code=[^&]*", f"code={code}", location))
        assert (answer.status_code, "sent no code" in answer.text) == (400, True)
    assert not github.said("POST", "/app-manifests/*")


@pytest.mark.parametrize("name", ["bot.env", "mtor-key.pem"])
@pytest.mark.parametrize("kind", ["file", "dangling link"])
def test_what_is_there_is_replaced_only_by_force(github: GitHubSandbox, folder: Path, name: str, kind: str) -> None:
    elsewhere = folder.parent / "elsewhere"
    if kind == "file":
        (folder / name).write_text("what was here before\n")
        (folder / name).chmod(0o644)
    else:
        (folder / name).symlink_to(elsewhere)
    ended = run("--github", github.url, "--to", str(folder))
    assert (ended.returncode, ended.stdout) == (3, "")
    assert f"{folder} has {name} already" in ended.stderr
    assert "--force" in ended.stderr
    with setting_up(github, folder, "--force") as setup:
        look(agree(github, setup))
        assert setup.wait() == 0
    assert not elsewhere.exists()
    assert (mode(folder / name), (folder / name).is_symlink()) == (0o600, False)
    assert "what was here" not in (folder / name).read_text()


def test_a_file_that_comes_into_being_meanwhile_is_not_replaced_either(github: GitHubSandbox, folder: Path) -> None:
    with setting_up(github, folder) as setup:
        location = agree(github, setup)
        (folder / "bot.env").write_text("mine\n")
        look(location)
        assert setup.wait() == 3
    assert (folder / "bot.env").read_text() == "mine\n"
    assert "make a new private key and webhook secret at" in setup.err
    assert "PRIVATE KEY" not in setup.err


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("--to", "{folder}/none"), 3, "cannot be written to: No such file"),
        (("--to", "{folder}/a b"), 3, "without quotes"),
        (("--organization", "a/b"), 64, "not an organisation's login"),
        (("--organization=-x",), 64, "not an organisation's login"),
        (("--url", "http://mtor.example"), 64, "--url 'http://mtor.example'"),
        (("--url", "https://u:p@mtor.example"), 64, "--url"),
        (("--github", "github.example"), 64, "--github 'github.example'"),
        (("--name", "x" * 35), 64, "34 printable characters"),
        (("--name", " "), 64, "34 printable characters"),
        (("--port", "80"), 64, "--port 80"),
        (("--github", "http://127.0.0.1:9"), 3, "GitHub cannot be reached"),
    ],
    ids=repr,
)
def test_what_cannot_work_is_reported_before_an_app_is_made(
    folder: Path, arguments: tuple[str, ...], code: int, words: str
) -> None:
    (folder / "a b").mkdir()
    ended = run(*(each.format(folder=folder) for each in ("--to", str(folder), *arguments)))
    assert (ended.returncode, ended.stdout, words in ended.stderr) == (code, "", True), ended.stderr
    assert len(ended.stderr.splitlines()) == 2  # what is wrong, and the next step


def test_a_port_that_is_taken_is_named(github: GitHubSandbox, folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        ended = run("--github", github.url, "--to", str(folder), "--port", port)
    assert (ended.returncode, f"cannot listen on port {port} of 127.0.0.1" in ended.stderr) == (3, True)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_person_may_stop_it_and_nothing_is_left(github: GitHubSandbox, folder: Path, number: signal.Signals) -> None:
    with setting_up(github, folder) as setup:
        assert look(setup.address).status_code == 200
        until(lambda: "Ctrl-C stops" in setup.out)
        setup.send(number)
        assert setup.wait() == 130
    assert "stopped; nothing was written" in setup.err
    assert "Traceback" not in setup.err
    assert not list(folder.iterdir())


def test_who_stops_it_while_the_code_is_exchanged_hears_what_github_has(github: GitHubSandbox, folder: Path) -> None:
    fault = github.faults.timeout("POST /app-manifests/*", seconds=1000)
    with setting_up(github, folder) as setup, ThreadPoolExecutor(1) as browser:
        page = browser.submit(look, agree(github, setup))
        until(lambda: fault.times == 0)
        setup.send(signal.SIGINT)
        assert setup.wait() == 130
        assert (page.result().status_code, "was stopped" in page.result().text) == (503, True)
    assert f"stopped; nothing was written; if {github.url}/settings/apps lists the new App" in setup.err
    assert not list(folder.iterdir())


def test_a_killed_one_leaves_nothing_either(github: GitHubSandbox, folder: Path) -> None:
    with setting_up(github, folder) as setup:
        agree(github, setup)
        setup.send(signal.SIGKILL)
        assert setup.wait() == -signal.SIGKILL
    assert not list(folder.iterdir())


def test_it_does_not_wait_for_longer_than_github_does(github: GitHubSandbox, folder: Path) -> None:
    with setting_up(github, folder, MTOR_BOT_TIME_SCALE="0.00001") as setup:
        assert setup.wait() == 3
    assert "within the hour" in setup.err


def test_the_github_is_that_of_the_bots_settings_unless_another_is_named(github: GitHubSandbox, folder: Path) -> None:
    with setting_up(github, folder, "--github", "", MTOR_BOT_API_URL=github.api_url) as setup:
        look(agree(github, setup))
        assert setup.wait() == 0
    assert load(ServerSettings, {"MTOR_BOT_PUBLIC_URL": URL}, folder / "bot.env").api_url == github.api_url


@pytest.mark.parametrize(
    ("web", "api"),
    [
        ("https://github.com", "https://api.github.com"),
        ("https://octo.ghe.com", "https://api.octo.ghe.com"),
        ("https://git.example", "https://git.example/api/v3"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000/api/v3"),
    ],
)
def test_each_github_has_one_address_for_people_and_one_for_programs(web: str, api: str) -> None:
    place = GitHubPlace(web, api)
    assert (place_of_web(web), place_of_api(api)) == (place, place)
    asked = Registration(place, "mtor")
    assert asked.form_address("a b") == f"{web}/settings/apps/new?state=a%20b"
