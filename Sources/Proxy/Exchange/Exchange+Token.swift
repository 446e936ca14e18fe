import Access
import Bytes
import Configuration
import EventLoop
import HTTP
import JOSE
import Telemetry

extension Exchange {
    /// Looks for the token and at it.
    ///
    /// - Returns: Whether the decision is made; `false` where the control plane was asked.
    /// - Throws: ``Refusal`` of the first check that fails.
    func checkToken(
        _ route: Route,
        _ rule: Route.Rule,
        _ head: RequestHead
    ) throws(Refusal) -> Bool {
        switch TokenSearch.run(head.fields, route.settings.tokenSources) {
        case .ambiguous:
            throw Refusal(.tokenAmbiguous)
        case .none:
            if rule.settings.access == .optional { return true }
            throw Refusal(.tokenMissing)
        case .found(let place):
            tokenPlace = place
            if place.source == .cookie,
                !CrossSiteCheck.allows(head, scheme: scheme, host: head.host)
            {
                throw Refusal(.crossSiteRequest)
            }
            let fields = head.fields
            let bytes = fields.value(at: place.field, part: place.range)
            guard let verified = try verdict(rule, bytes) else { return false }
            token = verified
            try checkRevocation(of: verified)
            downstream?.lastVerdict = verified
            if let refusal = AccessEvaluator.evaluate(rule, verified) {
                throw refusal
            }
            return true
        }
    }

    /// The proof of the token: remembered by the connection, by the worker, or made anew.
    private func verdict(
        _ rule: Route.Rule,
        _ token: Span<UInt8>
    ) throws(Refusal) -> VerifiedToken? {
        if let known = remembered(token) {
            worker.metrics.tokenCacheAsked(isHit: true)
            if let refusal = AccessEvaluator.recheck(known, rule, now: worker.now) {
                self.token = known
                throw refusal
            }
            return known
        }
        worker.metrics.tokenCacheAsked(isHit: false)
        return try verify(rule, token)
    }

    /// Refuses a token of our own that is dead before its time, and forgets that it was good.
    private func checkRevocation(of token: VerifiedToken) throws(Refusal) {
        guard worker.isRevoked(token) else { return }
        worker.cache.remove(token)
        downstream?.lastVerdict = nil
        throw Refusal(.tokenRevoked)
    }

    private func remembered(_ token: Span<UInt8>) -> VerifiedToken? {
        let found: VerifiedToken?
        if let last = downstream?.lastVerdict, last.isMade(of: token) {
            found = last
        } else {
            found = worker.cache.find(token)
        }
        guard let found, found.issuer < snapshot.access.issuers.count,
            snapshot.access.issuers[found.issuer].generation == found.generation
        else { return nil }
        return found
    }

    private func verify(
        _ rule: Route.Rule,
        _ token: Span<UInt8>
    ) throws(Refusal) -> VerifiedToken? {
        var assessment = TokenAssessment(
            TokenAssessment.Context(
                issuers: snapshot.access.issuers,
                accepted: rule.settings.issuers,
                now: worker.now,
                tokenSizeMax: snapshot.access.tokenSizeMax
            ),
            verifier: worker.verifier
        )
        do throws(Refusal) {
            try assessment.performCheap(on: token)
            try worker.checkBudget(of: client)
            let verified = try assessment.performSignature(on: token)
            worker.cache.insert(verified)
            return verified
        } catch {
            noteHearsay(of: assessment, token)
            if error.reason == .signatureInvalid {
                worker.signatureFailed(client)
            }
            if mayAsk(error.reason), let issuer = assessment.issuer,
                ask(issuer, keyID: assessment.header?.keyID)
            {
                return nil
            }
            throw error
        }
    }

    private func mayAsk(_ reason: Reason) -> Bool {
        !hasAsked && (reason == .keyUnknown || reason == .keysUnavailable)
    }

    /// Asks the control plane for a newer key set of an issuer whose keys are fetched.
    private func ask(_ issuer: Int, keyID: String?) -> Bool {
        switch snapshot.access.issuers[issuer].settings.keys {
        case .file, .own, .secret: return false
        case .discovery, .url: break
        }
        hasAsked = true
        guard
            let number = worker.file(
                self,
                .findKey(
                    issuer: issuer,
                    settingsGeneration: snapshot.settingsGeneration,
                    keyID: keyID
                )
            )
        else { return false }
        ticket = number
        perform(machine.verdictNeeded())
        downstream?.setExchangeDeadline(worker.loop.now + snapshot.timeouts.verdict)
        return true
    }

    private func noteHearsay(of assessment: TokenAssessment, _ token: Span<UInt8>) {
        hearsay = Hearsay(
            issuer: assessment.claims?.issuer,
            subject: assessment.claims?.subject,
            keyID: assessment.header?.keyID,
            algorithm: assessment.header?.algorithmName,
            fingerprint: TokenFingerprint.text(of: token)
        )
    }
}
