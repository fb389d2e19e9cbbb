"""Whatever state a life can be in has a name that people know."""

from __future__ import annotations

import pytest

from app.core.errors import WrongState
from app.domain.labels import WORDS
from app.domain.lives import LIVES


@pytest.mark.parametrize("life", LIVES)
def test_every_state_is_called_something_in_both_languages(life: str) -> None:
    assert set(WORDS[life]) >= {str(state) for state in LIVES[life].states}


def test_who_comes_second_hears_what_became_of_it_in_words() -> None:
    second = WrongState(life="key", id="1", state="revoked", wanted="revoked")
    assert second.text("zh").startswith("密钥 1 现在是“已收回”，不能变为“已收回”")
    assert second.text("en").startswith("key 1 is “Revoked”, it cannot become “Revoked”")
