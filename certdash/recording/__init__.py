"""The recording: a file of what came in, reduced and redacted, that can be read at any point."""
