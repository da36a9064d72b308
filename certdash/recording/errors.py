"""What can go wrong with a recording."""


class RecordingError(Exception):
    """A recording can't be written or read; the text is one line that says which file, why and what to do."""
