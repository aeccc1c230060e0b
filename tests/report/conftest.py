from __future__ import annotations

import pytest

import report_samples


@pytest.fixture(params=report_samples.BUILDERS)
def sample_name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=report_samples.HOSTILE)
def hostile_text(request: pytest.FixtureRequest) -> str:
    return report_samples.HOSTILE[str(request.param)]
