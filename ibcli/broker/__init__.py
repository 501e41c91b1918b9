"""The client's end of the wire, and the only importer of ibind and urllib3."""
