"""GitHub as the App sees it: as itself, and as its installation in a repository."""
