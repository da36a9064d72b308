"""The Textual app. Widgets only show; an intent becomes a call on the engine."""
