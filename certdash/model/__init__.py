"""What flows through certdash: frozen data without behaviour beyond itself. All import it, it imports none."""
