"""Paths of Windows in config.toml, where a backslash in double quotes means something else."""

from __future__ import annotations

import pytest

from retro_gamer.config.values import parse_toml, toml_value
from retro_gamer.errors import ConfigError


@pytest.mark.parametrize("path", [r"C:\games", r"C:\temp\new", r"games\tron", r"\\server\share", r"..\ball", r"C:\Users\me"])
@pytest.mark.parametrize("comment", ["", "  # mine"])
def test_a_path_in_double_quotes_is_told_to_take_single_ones(path, comment):
    text = f'[game]\nmodule = "x"\npath = "{path}"{comment}\n'
    with pytest.raises(ConfigError) as caught:
        parse_toml(text.encode(), "config.toml")
    assert "in line 3, a backslash in double quotes means something else" in str(caught.value)
    assert f"path = '{path}'" in str(caught.value)


@pytest.mark.parametrize(
    "path",
    [r"C:\games", r"C:\temp\new", "/home/me", "/home/a\tb", "C:/games", "C:\\a\tb\\c", 'a"b\\c', "\x7f"],
)
def test_what_we_write_is_read(path):
    text = f"[game]\npath = {toml_value(path)}\n"
    assert parse_toml(text.encode(), "config.toml")["game"]["path"] == path


def test_other_text_in_double_quotes_gets_the_advice_where_it_cannot_be_read():
    with pytest.raises(ConfigError, match="stands in single quotes"):
        parse_toml(b'[metadata]\nreward = "a\\games"\n', "config.toml")
    with pytest.raises(ConfigError) as caught:
        parse_toml(b"[metadata\n", "config.toml")
    assert "backslash" not in str(caught.value)
