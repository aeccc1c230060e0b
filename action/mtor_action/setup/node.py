"""Node.js: the package manager by its lock file, the tests by the scripts of package.json."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from mtor_action.setup import toolchain_steps
from mtor_action.setup.guess import Guess, ProjectNeeds

if TYPE_CHECKING:
    from mtor_action.setup.project_folder import Folder, Table


class _PackageManager(NamedTuple):
    name: str
    why: str
    install: str


_LOCKS = {
    "pnpm-lock.yaml": ("pnpm", "pnpm install --frozen-lockfile"),
    "yarn.lock": ("yarn", "yarn install --frozen-lockfile"),
    "bun.lock": ("bun", "bun install --frozen-lockfile"),
    "bun.lockb": ("bun", "bun install --frozen-lockfile"),
    "package-lock.json": ("npm", "npm ci"),
    "npm-shrinkwrap.json": ("npm", "npm ci"),
}
_INSTALL_WITHOUT_LOCK = {
    "pnpm": "pnpm install --no-lockfile",
    "yarn": "yarn install --no-lockfile",
    "bun": "bun install --no-save",
    "npm": "npm install --no-package-lock",
}
_TEST = {"npm": "npm test", "pnpm": "pnpm test", "yarn": "yarn test", "bun": "bun run test"}
_TEST_OF_WORKSPACES = {"npm": "npm test --workspaces --if-present", "pnpm": "pnpm --recursive run test"}
# Corepack brings what `packageManager` names: https://nodejs.org/docs/latest-v24.x/api/corepack.html
_BRING = {
    "pnpm": toolchain_steps.RUN.format(name="pnpm", command="corepack enable"),
    "yarn": toolchain_steps.RUN.format(name="Yarn", command="corepack enable"),
    "bun": toolchain_steps.RUN.format(name="Bun", command="npm install --global bun"),
}
# What `npm init` writes.
_PLACEHOLDER = "no test specified"
_WATCHES = re.compile(r"--watch(?:All)?(?!\S)")


def look(folder: Folder) -> ProjectNeeds:
    """Return the package manager's commands to install and to test."""
    if not folder.has("package.json"):
        return ProjectNeeds()
    package = folder.json("package.json")
    client = _client(folder, package)
    needs = client.why != "no lock file" or package.at("dependencies") or package.at("devDependencies")
    setup = (Guess(client.install, client.why),) if needs else ()
    version = folder.has(".nvmrc", ".node-version") or ("package.json" if package.at("engines", "node") else "")
    node = toolchain_steps.with_version(
        toolchain_steps.NODE, "node", file=version and folder.prefix + version, otherwise="lts/*"
    )
    project = ProjectNeeds(setup, steps=(node, *([_BRING[client.name]] if client.name in _BRING else [])))
    return _with_tests(project, folder, package, client.name)


def _with_tests(project: ProjectNeeds, folder: Folder, package: Table, client: str) -> ProjectNeeds:
    script = package.at("scripts", "test").text
    if script and _PLACEHOLDER not in script:
        guess = (Guess(_TEST[client], "package.json has the script `test`"),)
        return project._replace(maybe=guess) if _WATCHES.search(script) else project._replace(test=guess)
    if client in _TEST_OF_WORKSPACES and (package.at("workspaces") or folder.has("pnpm-workspace.yaml")):
        return project._replace(test=(Guess(_TEST_OF_WORKSPACES[client], "package.json has workspaces"),))
    if client == "bun" and folder.files("*.test.*", "src/**/*.test.*", "test/**/*.test.*", "tests/**/*.test.*"):
        return project._replace(test=(Guess("bun test", "there are *.test.* files"),))
    return project


def _client(folder: Folder, package: Table) -> _PackageManager:
    match = re.match(r"(pnpm|yarn|bun|npm)@(\d*)", package.at("packageManager").text)
    lock = folder.has(*_LOCKS)
    if not lock:
        name = match[1] if match else "npm"
        reason = "packageManager in package.json" if match else "no lock file"
        return _PackageManager(name, reason, _INSTALL_WITHOUT_LOCK[name])
    name, install = _LOCKS[lock]
    if name == "yarn" and (folder.has(".yarnrc.yml") or (match and match[2] not in {"", "1"})):
        install = "yarn install --immutable"
    return _PackageManager(name, f"{lock} is there", install)
