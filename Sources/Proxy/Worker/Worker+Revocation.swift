import Access
import EventLoop

// Tokens of our own that are dead before their time: asked for at every decision, and what is still
// open for one is ended.

extension Worker {
    /// Whether a token is one of our own and was revoked, as of now.
    func isRevoked(_ token: VerifiedToken) -> Bool {
        guard let own = token.own else { return false }
        catchUpOnRevocations()
        return revocations.isRevoked(own)
    }

    /// Takes in what was revoked: one atomic load where nothing was.
    func catchUpOnRevocations() {
        guard revocations.catchUp(now: now), !streams.isEmpty else { return }
        // At the end of the turn: an exchange may be in the middle of an event of its own.
        lookAtStreams(by: loop.now)
        loop.skipNextWait()
    }
}
