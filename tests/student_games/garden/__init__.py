"""A student's game in a folder, described for the trainer in pyproject.toml."""
