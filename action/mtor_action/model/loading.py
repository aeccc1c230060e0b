"""Import litellm once, in the background: the import takes seconds, a test run usually longer.

load_after(step)      what has to be done first, if anything: an installation
start_loading(ours)   as soon as a command turns red
wait_for_packages()   before what needs another package of the extra `model`; waits for the installation and `ours`
litellm_module()      when the first request is due; waits for the rest of the import

No other thread may import anything meanwhile: Python hands out half a module if two threads import in a circle, as
pydantic's modules do.
"""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable, Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any

from mtor_action.errors import MtorError

SETTINGS_BEFORE_IMPORT = {
    # The price list of the installed version, not one fetched from the network.
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    "LITELLM_LOCAL_ANTHROPIC_BETA_HEADERS": "True",
    "LITELLM_LOCAL_AUTOROUTER_PRESETS": "True",
    "LITELLM_LOCAL_BLOG_POSTS": "True",
    "LITELLM_LOCAL_POLICY_TEMPLATES": "True",
    # In its other mode litellm loads the first `.env` above its own folder into the environment; with a
    # virtual environment inside the repository that file is the repository's.
    "LITELLM_MODE": "PRODUCTION",
    # At DEBUG it prints prompts and keys.
    "LITELLM_LOG": "CRITICAL",
}
# What litellm imports only when it is asked for the first time, with somebody waiting.
OF_THE_FIRST_REQUEST = (
    "litellm.proxy.openai_files_endpoints.common_utils",
    "httpcore",
    "openai.resources",
    "litellm._service_logger",
)
GATEWAY = "litellm.responses.mcp.litellm_proxy_mcp_handler"
LOGGERS = ("LiteLLM", "LiteLLM Proxy", "LiteLLM Router")


class _Import(threading.Thread):
    def __init__(self, ours: Callable[[], object]) -> None:
        super().__init__(name="import-litellm", daemon=True)
        self.ours = ours
        self.module: Any = None
        self.error: BaseException | None = None
        self.has_packages = threading.Event()  # the installation has ended, whether well or with `error`

    def run(self) -> None:
        try:
            _install()
            with _without_collections():
                self.ours()
                self.has_packages.set()
                self.module = _import_quietly()
        except BaseException as error:  # noqa: BLE001 - raised again in the thread that asks for the module
            self.error = error
        finally:
            self.has_packages.set()


_lock = threading.Lock()
_import: _Import | None = None
_first: Callable[[], None] | None = None


def load_after(step: Callable[[], None]) -> None:
    """Have `step` called once before the import; what it raises is raised where the module is asked for."""
    global _first  # noqa: PLW0603 - as for the import
    _first = step


def start_loading(ours: Callable[[], object] = lambda: None) -> None:
    """Begin the import in the background; does nothing if it has begun.

    `ours` imports what of mtor comes before the first request. It is called first.
    """
    _started(ours)


def wait_for_packages() -> None:
    """Wait until the packages of the extra `model` are installed; MtorError if they cannot be.

    Where nothing has to be installed first there is nothing to wait for, and whether they are there is not looked at.
    """
    started = _started()
    started.has_packages.wait()
    if isinstance(started.error, MtorError):
        raise started.error


def litellm_module() -> Any:
    """Return litellm, configured; MtorError if the extra `model` is not installed."""
    started = _started()
    started.join()
    if started.error is not None:
        raise _sentence(started.error) from started.error
    return started.module


def _started(ours: Callable[[], object] = lambda: None) -> _Import:
    global _import  # noqa: PLW0603 - a module is a thing of the process, and so is its import
    with _lock:
        if _import is None:
            _import = _Import(ours)
            _import.start()
        return _import


def not_installed(error: ModuleNotFoundError) -> MtorError:
    """Return what to say when a package of the extra `model` is missing, whichever is imported first."""
    message = f"calling a model needs {error.name}, which is not installed"
    return MtorError(message, "install mtor with the extra `model` (mtor explain readme, Install), then run it again")


def _sentence(error: BaseException) -> MtorError:
    if isinstance(error, MtorError):
        return error
    if isinstance(error, ModuleNotFoundError) and error.name == "litellm":
        return not_installed(error)
    return MtorError(f"litellm cannot be imported: {type(error).__name__}: {error}", "install the extra `model` again")


def _install() -> None:
    import importlib

    if _first is not None:
        _first()
        importlib.invalidate_caches()


def _import_quietly() -> Any:
    import os

    prepare(os.environ)
    _leave_out_gateway()
    import litellm

    _silence(litellm)
    _import_ahead()
    return litellm


def _import_ahead() -> None:
    import importlib
    from contextlib import suppress

    for name in OF_THE_FIRST_REQUEST:
        with suppress(Exception):  # another version has other modules, and imports its own in time
            importlib.import_module(name)


@contextmanager
def _without_collections() -> Iterator[None]:
    """Keep Python from looking for cycles among what stays: a tenth of the import."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.unfreeze()  # into the oldest generation: it is not gone through at once
        gc.enable()


def _leave_out_gateway() -> None:
    """Let litellm's Responses API work without the package `mcp`.

    It asks its gateway for MCP tools whether a request is the gateway's, and importing the gateway takes `mcp`. No
    request of mtor's is. The stand-in says so.
    """
    import importlib.util
    import sys
    import types

    if importlib.util.find_spec("mcp") is not None:
        return

    class LiteLLM_Proxy_MCP_Handler:  # noqa: N801 - litellm's name
        @staticmethod
        def should_use_litellm_mcp_gateway(**_: object) -> bool:
            return False

    module = types.ModuleType(GATEWAY)
    module.LiteLLM_Proxy_MCP_Handler = LiteLLM_Proxy_MCP_Handler  # type: ignore[attr-defined]
    sys.modules[GATEWAY] = module


def prepare(environ: MutableMapping[str, str]) -> None:
    """Set what litellm reads at import, and drop empty keys, which it would take for keys.

    An unset secret reaches a workflow's step as an empty variable.
    """
    environ.update(SETTINGS_BEFORE_IMPORT)
    for name in [name for name, value in environ.items() if name.endswith("_API_KEY") and not value.strip()]:
        del environ[name]


def _raise(error: Exception, _: object) -> None:
    raise error


def _silence(litellm: Any) -> None:
    import importlib
    import logging

    # With drop_params it answers a 422 with a second request of its own, and then with None: that is done by
    # adapted_requests.py.
    handler = importlib.import_module("litellm.llms.openai.openai")
    handler.drop_params_from_unprocessable_entity_error = _raise  # type: ignore[attr-defined]

    litellm.suppress_debug_info = True
    litellm.telemetry = False
    litellm.drop_params = True
    litellm.num_retries = 0
    litellm.disable_hf_tokenizer_download = True
    for name in LOGGERS:
        logger = logging.getLogger(name)
        logger.handlers = [logging.NullHandler()]
        logger.propagate = False
        logger.setLevel(logging.CRITICAL)
