"""A strict simulator of the itsme backchannel API, for tests and for trying things out."""
