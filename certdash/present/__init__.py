"""From diagnoses to view models, text and JSON; the one place that sanitises cluster text. No Textual."""
