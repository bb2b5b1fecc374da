"""Every word of the screens and of the chair's paper: a file for each language, read by `catalogues`."""
