"""The plan of a polling place, an example of one, and the paper that is made with it."""
