"""The environment of the user's commands: an allowlist, so that no token or key reaches them.

| what                                     | passed on                                                 |
| ---------------------------------------- | --------------------------------------------------------- |
| person, place, language                  | as it is (`PLAIN`), and every `LC_*`                      |
| where toolchains and their caches are    | as it is (`TOOLCHAINS`), and every `JAVA_HOME_*`          |
| certificate bundles                      | as it is (`CERTIFICATES`)                                 |
| proxies, package indexes and mirrors     | only without credentials: no `@`, no `?` (`ADDRESSES`)    |
| constants                                | `FIXED`, whatever our own environment says                |
| `MTOR_JOB`                               | set by `commands.CommandRunner`                           |
| names the user gave on the command line  | as they are, whatever they are; they win over `FIXED`     |
| everything else                          | never: `GITHUB_*`, `RUNNER_*`, `ACTIONS_*`, `GIT_*`,      |
|                                          | `SSH_AUTH_SOCK`, `DOCKER_HOST`, tokens, keys, passwords   |
"""

from __future__ import annotations

from collections.abc import Mapping


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


PLAIN = _names(
    "PATH HOME USER LOGNAME SHELL LANG LANGUAGE LOCALE_ARCHIVE TZ TMPDIR "
    "XDG_CACHE_HOME XDG_CONFIG_HOME XDG_DATA_HOME XDG_STATE_HOME"
)

TOOLCHAINS = _names(
    # C and linking; setup-python on a runner needs the last two to load its own library
    "CC CXX SDKROOT DEVELOPER_DIR PKG_CONFIG_PATH LD_LIBRARY_PATH "
    # Python
    "VIRTUAL_ENV PYENV_ROOT PYENV_VERSION pythonLocation PIP_CACHE_DIR PIPX_HOME POETRY_CACHE_DIR "
    "UV_CACHE_DIR UV_PYTHON UV_PYTHON_INSTALL_DIR UV_TOOL_DIR CONDA CONDA_PREFIX CONDA_DEFAULT_ENV CONDA_EXE "
    # Go
    "GOPATH GOROOT GOBIN GOCACHE GOMODCACHE GOFLAGS GOTOOLCHAIN "
    # Rust
    "CARGO_HOME CARGO_TARGET_DIR RUSTUP_HOME RUSTUP_TOOLCHAIN "
    # JavaScript
    "NVM_DIR NVM_BIN NODE_PATH npm_config_cache npm_config_prefix NPM_CONFIG_CACHE NPM_CONFIG_PREFIX "
    "PNPM_HOME YARN_CACHE_FOLDER COREPACK_HOME BUN_INSTALL DENO_DIR VOLTA_HOME FNM_DIR "
    "PLAYWRIGHT_BROWSERS_PATH "
    # Java, Android, .NET
    "JAVA_HOME GRADLE_HOME GRADLE_USER_HOME MAVEN_HOME M2_HOME ANDROID_HOME ANDROID_SDK_ROOT "
    "ANDROID_NDK_HOME ANDROID_NDK_ROOT DOTNET_ROOT DOTNET_CLI_HOME NUGET_PACKAGES "
    # Ruby, PHP, Elixir, Haskell, Swift, Nix, version managers
    "GEM_HOME GEM_PATH RBENV_ROOT BUNDLE_PATH COMPOSER_HOME COMPOSER_CACHE_DIR MIX_HOME HEX_HOME STACK_ROOT "
    "GHCUP_INSTALL_BASE_PREFIX SWIFT_PATH NIX_PATH ASDF_DIR ASDF_DATA_DIR MISE_DATA_DIR"
)

CERTIFICATES = _names(
    "SSL_CERT_FILE SSL_CERT_DIR REQUESTS_CA_BUNDLE CURL_CA_BUNDLE NODE_EXTRA_CA_CERTS PIP_CERT "
    "CARGO_HTTP_CAINFO NIX_SSL_CERT_FILE npm_config_cafile NPM_CONFIG_CAFILE"
)

ADDRESSES = _names(
    "http_proxy https_proxy ftp_proxy all_proxy no_proxy HTTP_PROXY HTTPS_PROXY FTP_PROXY ALL_PROXY NO_PROXY "
    "PIP_INDEX_URL PIP_EXTRA_INDEX_URL PIP_FIND_LINKS PIP_NO_INDEX PIP_TRUSTED_HOST PIP_PROXY "
    "UV_INDEX_URL UV_DEFAULT_INDEX UV_INDEX UV_EXTRA_INDEX_URL UV_FIND_LINKS "
    "npm_config_registry NPM_CONFIG_REGISTRY YARN_REGISTRY YARN_NPM_REGISTRY_SERVER "
    "npm_config_proxy npm_config_https_proxy npm_config_noproxy "
    "GOPROXY GONOPROXY GOPRIVATE GOSUMDB GONOSUMDB GOINSECURE RUSTUP_DIST_SERVER RUSTUP_UPDATE_ROOT"
)

FIXED = {
    "CI": "true",
    "NO_COLOR": "1",
    "TERM": "dumb",
    "GIT_TERMINAL_PROMPT": "0",
    # Python takes a bytecode file for current by its source's second and size: a repair of the same length within the
    # same second would be tested as if it had not been made.
    "PYTHONDONTWRITEBYTECODE": "1",
}

_FAMILIES = ("LC_", "JAVA_HOME_")
_SECRET_WORDS = ("TOKEN", "KEY", "SECRET", "PASSWORD", "PASSWD", "CREDENTIAL")
# A command without PATH finds nothing; these are the folders every shell falls back on.
_DEFAULT_PATH = "/usr/local/bin:/usr/bin:/bin"


def command_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Return what commands may see of `environ`, by the module's table."""
    passed = {name: value for name, value in environ.items() if _is_passed(name, value)}
    passed.setdefault("PATH", _DEFAULT_PATH)
    passed.update(FIXED)
    return passed


def _is_passed(name: str, value: str) -> bool:
    if name in ADDRESSES:
        # `https://token@host` and `user:password@proxy` without a scheme are both in use; so is `?token=`.
        return "@" not in value and "?" not in value
    if name in PLAIN or name in TOOLCHAINS or name in CERTIFICATES:
        return "://" not in value or "@" not in value
    return name.startswith(_FAMILIES) and not any(word in name.upper() for word in _SECRET_WORDS)
