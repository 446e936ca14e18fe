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
        guard revocations.catchUp(now: now), !streams.isEmpty, !mustEndStreams else { return }
        // At the end of the turn: an exchange may be in the middle of an event of its own.
        mustEndStreams = true
        loop.skipNextWait()
    }

    /// Ends every stream whose token is dead.
    func endRevokedStreams() {
        mustEndStreams = false
        // A copy: an exchange that ends leaves the list.
        for exchange in streams {
            if let own = exchange.token?.own, revocations.isRevoked(own) {
                exchange.tokenRevoked()
            }
        }
    }

    /// Has an exchange end with its token.
    func addStream(_ exchange: Exchange) {
        guard exchange.streamPlace == nil else { return }
        exchange.streamPlace = streams.count
        streams.append(exchange)
    }

    func removeStream(_ exchange: Exchange) {
        guard let place = exchange.streamPlace else { return }
        exchange.streamPlace = nil
        let last = streams.removeLast()
        if last !== exchange {
            streams[place] = last
            last.streamPlace = place
        }
    }
}
