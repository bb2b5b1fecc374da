"""Keys, certificates, the chair's codes, and what one device is given. See README.md here."""
