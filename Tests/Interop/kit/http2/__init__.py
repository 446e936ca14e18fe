"""HTTP/2 by hand: frames, field blocks, a wire that sends what no client would, and what comes back."""
