"""Rust: a package or a workspace. GitHub's runners have rustup, which reads rust-toolchain.toml itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.setup.guess import Guess, ProjectNeeds

if TYPE_CHECKING:
    from mtor_action.setup.project_folder import Folder


def look(folder: Folder) -> ProjectNeeds:
    """Return `cargo test`, with the lock file if there is one."""
    if not folder.has("Cargo.toml"):
        return ProjectNeeds()
    workspace = folder.toml("Cargo.toml").at("workspace")
    options = (" --workspace" if workspace else "") + (" --locked" if folder.has("Cargo.lock") else "")
    reason = "Cargo.toml has a workspace" if workspace else "Cargo.toml is there"
    setup = (Guess("cargo fetch --locked", "Cargo.lock is there"),) if folder.has("Cargo.lock") else ()
    return ProjectNeeds(setup, (Guess(f"cargo test{options}", reason),))
