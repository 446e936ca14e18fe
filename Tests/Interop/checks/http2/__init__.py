"""The cases: one file per part of the RFCs, each with a `SUITE`."""
