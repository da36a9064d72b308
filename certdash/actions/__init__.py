"""The two things that write: the issuance test, and the removal of what tests left behind."""
