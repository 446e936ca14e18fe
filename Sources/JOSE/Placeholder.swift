// Written by its own branch.
