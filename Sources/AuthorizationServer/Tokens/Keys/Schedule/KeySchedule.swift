import Storage

/// When signing keys of one realm are made, sign, are published and go.
///
/// Nothing but a function of the records and the time, so that it can be shown as a table.
struct KeySchedule: Sendable {
    /// The algorithm that new keys have, by its JOSE name.
    var algorithm: String
    /// How long a key signs.
    var rotation: Duration
    /// The longest that an access token of any key may live.
    var longestTokenLifetime: Duration

    /// What is to be done about the records of a realm.
    enum Step: Sendable, Hashable {
        /// Its last token is dead.
        case delete(id: String)
        /// A fresh key that is published at once and signs from then on.
        case make(signsFrom: Int64)
        /// Another one signs in its place.
        case retire(id: String, signsUntil: Int64, publishedUntil: Int64)
    }

    /// The key that signs now: of those not retired, the last that has begun.
    ///
    /// Where none has begun (the clock was set back) it is the one that would be first: tokens must
    /// be signed whatever the clock does.
    static func signingKey(of records: [SigningKeyRecord], at now: Int64) -> SigningKeyRecord? {
        let living = records.filter { $0.signsUntil == nil }
        return living.filter { $0.signsFrom <= now }.max(by: isEarlier) ?? living.min(by: isEarlier)
    }

    /// What is due now.
    ///
    /// A key is made at most ``publishLead`` before it signs. One that would begin later than that
    /// comes from a clock that has been set back since: it gives way, so that a wrong clock delays
    /// no rotation for longer than it is wrong.
    func steps(for records: [SigningKeyRecord], at now: Int64) -> [Step] {
        var steps = deletions(of: records, at: now)
        guard let signing = Self.signingKey(of: records, at: now) else {
            return steps + [.make(signsFrom: now)]
        }
        let soonest = now.addingClamped(Self.publishLead.wholeMilliseconds)
        var isNextMade = false
        for record in records where record.signsUntil == nil && record.id != signing.id {
            let isNext =
                record.signsFrom > now && record.signsFrom <= soonest && !isNextMade
                && record.algorithm == algorithm
            if isNext {
                isNextMade = true
            } else {
                steps.append(retirement(of: record, at: now))
            }
        }
        let due = signing.signsFrom.addingClamped(rotation.wholeMilliseconds)
        let isDue =
            soonest >= due || signing.signsFrom > soonest || signing.algorithm != algorithm
        if isDue && !isNextMade {
            steps.append(.make(signsFrom: soonest))
        }
        return steps
    }

    /// What a rotation by hand does: a fresh key signs from now on, and every other one is retired,
    /// the one that waits as well: whoever rotates by hand may distrust it too.
    func stepsRotatingNow(for records: [SigningKeyRecord], at now: Int64) -> [Step] {
        deletions(of: records, at: now)
            + records.filter { $0.signsUntil == nil }.map { retirement(of: $0, at: now) }
            + [.make(signsFrom: now)]
    }

    private func deletions(of records: [SigningKeyRecord], at now: Int64) -> [Step] {
        records.filter { record in record.publishedUntil.map { $0 <= now } ?? false }
            .map { .delete(id: $0.id) }
    }

    private func retirement(of record: SigningKeyRecord, at now: Int64) -> Step {
        let lastToken = now.addingClamped(longestTokenLifetime.wholeMilliseconds)
        return .retire(
            id: record.id,
            signsUntil: now,
            publishedUntil: lastToken.addingClamped(Self.retirementMargin.wholeMilliseconds)
        )
    }

    private static func isEarlier(_ left: SigningKeyRecord, _ right: SigningKeyRecord) -> Bool {
        (left.signsFrom, left.createdAt, left.id) < (right.signsFrom, right.createdAt, right.id)
    }

    /// One hour: our key sets say that they may be kept so long, so that by then nobody holds one
    /// without the new key.
    static let publishLead: Duration = .seconds(3600)
    /// Five minutes beyond the last token's `exp`: the clocks of those who check may differ from
    /// ours by one or two (RFC 7519 §4.1.4), and a signature that was under way while the keys
    /// changed still counts.
    static let retirementMargin: Duration = .seconds(300)
}
