"""The services of a project's own job, written again for mtor's: anything but plain text is left out and reported."""

from __future__ import annotations

import json
import re
from typing import Any

from mtor_action.setup.ci_jobs import EXPRESSION, CiJob, plain_text

_MOST = 10
_LONGEST = 1000
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,60}")
_IMAGE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/:@-]{0,200}")
_PORT = re.compile(r"\d{1,5}(?::\d{1,5})?(?:/(?:tcp|udp))?")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,60}")
_KEYS = frozenset({"image", "env", "ports", "options"})
_WITHOUT_DIGEST = " # zizmor: ignore[unpinned-images] the name that your own workflow uses"


def services_of(job: CiJob) -> tuple[str, tuple[str, ...]]:
    """Return the mapping `services` as YAML from the margin, "" if there is none, and sentences about what is left out.

    https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax#jobsjob_idservices
    """
    listed = list(job.services.items())[:_MOST] if isinstance(job.services, dict) else []
    lines: list[str] = []
    remarks: list[str] = []
    for name, service in listed:
        written = _service(service) if isinstance(name, str) and _NAME.fullmatch(name) else None
        if written is None:
            label = name if isinstance(name, str) and _NAME.fullmatch(name) else "a service"
            remarks.append(
                f"{label} is a service of {job.file}, job {job.name}, that is not copied: it is not plain text"
            )
        else:
            lines += [f"  {name}: # {job.source}", *(f"    {line}" for line in written)]
    return ("services:\n" + "".join(f"{line}\n" for line in lines) if lines else ""), tuple(remarks)


def _service(service: Any) -> list[str] | None:
    """Return the lines of one service, None if it is not plain."""
    if isinstance(service, str):
        service = {"image": service}
    if not isinstance(service, dict) or not service.keys() <= _KEYS:
        return None
    image, options = plain_text(service.get("image")), plain_text(service.get("options") or "")
    ports, variables = _texts(service.get("ports") or []), _variables(service.get("env") or {})
    if image is None or options is None or ports is None or variables is None:
        return None
    options = " ".join(options.split())
    if not _IMAGE.fullmatch(image) or not all(map(_PORT.fullmatch, ports)):
        return None
    if not all(map(_is_plain, (image, options, *variables.values()))):
        return None
    lines = [f"image: {image}" + ("" if "@sha256:" in image else _WITHOUT_DIGEST)]
    lines += ["env:", *(f"  {name}: {_quoted(value)}" for name, value in variables.items())] if variables else []
    lines += ["ports:", *(f"  - {_quoted(port)}" for port in ports)] if ports else []
    return [*lines, *([f"options: {_quoted(options)}"] if options else [])]


def _texts(values: object) -> list[str] | None:
    texts = [plain_text(value) for value in values] if isinstance(values, list) else [None]
    plain = [text for text in texts if text is not None]
    return plain if len(plain) == len(texts) else None


def _variables(environment: object) -> dict[str, str] | None:
    rows = {name: plain_text(value) for name, value in environment.items()} if isinstance(environment, dict) else {}
    plain = {name: text for name, text in rows.items() if text is not None and _VARIABLE.fullmatch(str(name))}
    return plain if isinstance(environment, dict) and len(plain) == len(environment) else None


def _is_plain(text: str) -> bool:
    """Return whether a value is a line of text that depends on nothing and does not look like a secret."""
    from mtor_action.redaction.redactor import Redactor

    return EXPRESSION not in text and text.isprintable() and len(text) <= _LONGEST and Redactor({}).redact(text) == text


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
