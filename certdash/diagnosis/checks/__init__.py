"""One check for each link of the chain: facts in, judgements out. None knows of another."""
