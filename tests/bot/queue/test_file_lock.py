from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mtor_action.errors import MtorError
from mtor_bot.queue.file_lock import alone_on

if TYPE_CHECKING:
    from pathlib import Path


def test_a_second_holder_is_refused_with_the_way_out_until_the_first_ends(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'mtor.sqlite'}"
    with alone_on(url) as alone:
        assert alone
        with pytest.raises(MtorError, match="another mtor-bot") as refused, alone_on(url, 0.0):
            pass
        assert "Postgres" in refused.value.hint
    with alone_on(url, 0.0) as alone:
        assert alone


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with (
        pytest.raises(MtorError, match="cannot be opened") as refused,
        alone_on(f"sqlite:///{tmp_path}/no/mtor.sqlite"),
    ):
        pass
    assert "volume" in refused.value.hint


def test_postgres_needs_no_lock() -> None:
    with alone_on("postgresql://localhost/mtor") as alone:
        assert not alone
