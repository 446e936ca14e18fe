"""What the checks of Tests/Interop share."""
