"""Every word of the screens and of all paper: a file for each language, read by `catalogues`."""
