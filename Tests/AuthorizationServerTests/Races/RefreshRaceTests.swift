import JSON
import Storage
import Testing

@testable import AuthorizationServer

/// Refreshes side by side: with one another, with a sign-out, with a scope that is taken away.
@Suite
struct RefreshRaceTests {
    @Test
    func aHundredRefreshesWithinTheGraceAreOneFamilyAndOneAnswer() async throws {
        let stand = try await RaceStand()
        let client = try stand.rotatingClient
        let first = try await stand.signIn(to: client)
        let results = try await sideBySide(100) { _ in
            try await stand.refresh(first.refreshToken, by: client)
        }
        let answers = results.compactMap(\.value)
        #expect(answers.count == 100)
        #expect(Set(answers.map(\.accessToken)).count == 1)
        #expect(Set(answers.map(\.refreshToken)).count == 1)
        #expect(answers.allSatisfy { $0 == answers[0] })
        #expect(answers[0].refreshToken != first.refreshToken)
        // The family lives on, and only its newest token does.
        let next = try await stand.refresh(answers[0].refreshToken, by: client)
        #expect(next.value != nil)
        let late = try await stand.refresh(first.refreshToken, by: client)
        #expect(late.fault == .refreshTokenInvalid(.replayedInGrace))
        #expect(!stand.published.holds(try stand.session(of: first)))
        await stand.close()
    }

    @Test
    func aHundredReplaysAfterTheGraceEndTheFamilyOnce() async throws {
        let stand = try await RaceStand()
        let client = try stand.rotatingClient
        let first = try await stand.signIn(to: client)
        let second = try await stand.refresh(first.refreshToken, by: client).get()
        stand.time.advance(31_000)
        let results = try await sideBySide(100) { _ in
            try await stand.refresh(first.refreshToken, by: client)
        }
        #expect(results.compactMap(\.value).isEmpty)
        #expect(stand.published.holds(try stand.session(of: second)))
        let later = try await stand.refresh(second.refreshToken, by: client)
        #expect(later.fault == .refreshTokenInvalid(.revoked))
        await stand.close()
    }

    /// Without a grace, one of two parallel refreshes is a replay: it ends the family.
    @Test
    func withoutAGraceNoTokenGivesTwoAnswers() async throws {
        let stand = try await RaceStand(grace: .zero)
        let client = try stand.rotatingClient
        for _ in 0..<20 {
            let first = try await stand.signIn(to: client)
            let results = try await sideBySide(10) { _ in
                try await stand.refresh(first.refreshToken, by: client)
            }
            #expect(results.compactMap(\.value).count == 1)
            #expect(stand.published.holds(try stand.session(of: first)))
        }
        await stand.close()
    }

    @Test
    func aThousandTokensThatDoNotRotateAreOneSession() async throws {
        let stand = try await RaceStand()
        let client = try stand.stackClient
        let first = try await stand.signIn(to: client)
        let commits = stand.store.counters.commitCount
        let results = try await sideBySide(1_000) { _ in
            try await stand.refresh(first.refreshToken, by: client)
        }
        #expect(results.compactMap(\.value).count == 1_000)
        // Within the minute of its last use a refresh writes nothing.
        #expect(stand.store.counters.commitCount == commits)
        await stand.close()
    }

    @Test(arguments: [true, false])
    func aRefreshRacingASignOutSucceedsOrIsRefused(isRotating: Bool) async throws {
        let stand = try await RaceStand()
        let client = try isRotating ? stand.rotatingClient : stand.stackClient
        for round in 0..<1_000 {
            let first = try await stand.signIn(to: client)
            let session = try stand.session(of: first)
            async let refreshed = stand.refresh(first.refreshToken, by: client)
            // Sometimes the one first, sometimes the other.
            if round % 3 == 0 { await Task.yield() }
            try await stand.signOut(session)
            #expect(stand.published.holds(session))
            switch try await refreshed {
            case .success(let answer):
                #expect(try stand.session(of: answer) == session)
                let after = try await stand.refresh(
                    answer.refreshToken ?? first.refreshToken,
                    by: client
                )
                #expect(after.fault == .refreshTokenInvalid(.revoked))
            case .failure(let fault):
                #expect(fault == .refreshTokenInvalid(.revoked))
            }
            let after = try await stand.refresh(first.refreshToken, by: client)
            #expect(after.fault == .refreshTokenInvalid(.revoked))
        }
        await stand.close()
    }

    /// A scope that comes and goes while the session is refreshed: no living token keeps it.
    @Test(arguments: [true, false])
    func aScopeThatIsTakenAwayDuringARefreshIsInNoLivingToken(isRotating: Bool) async throws {
        let stand = try await RaceStand()
        let client = try isRotating ? stand.rotatingClient : stand.stackClient
        for _ in 0..<300 {
            let first = try await stand.signIn(to: client)
            let userID = first.subject
            try await stand.store.write {
                try $0.grantScope(
                    ScopeGrantRecord(userID: userID, scope: "orders:write", source: "operator")
                )
            }
            async let refreshed = stand.refresh(first.refreshToken, by: client)
            await Task.yield()
            try await stand.takeAway("orders:write", from: userID)
            let answer = try await refreshed
            guard let answer = answer.value else {
                #expect(answer.fault == .refreshTokenInvalid(.revoked))
                continue
            }
            let isDead = stand.published.holds(try stand.session(of: answer))
            #expect(isDead || answer.scopes == ["orders:read"])
        }
        await stand.close()
    }

    /// What one refresh asks for takes nothing from the session: an older token still has the rest.
    @Test(arguments: [true, false])
    func aNarrowRefreshHidesNoScopeThatIsTakenAwayLater(isRotating: Bool) async throws {
        let stand = try await RaceStand()
        let client = try isRotating ? stand.rotatingClient : stand.stackClient
        let first = try await stand.signIn(to: client)
        let grant = ScopeGrantRecord(
            userID: first.subject,
            scope: "orders:write",
            source: "operator"
        )
        try await stand.store.write { try $0.grantScope(grant) }
        let wide = try await stand.refresh(first.refreshToken, by: client).get()
        #expect(wide.scopes == ["orders:read", "orders:write"])
        let narrow = await RefreshGrant(context: stand.context).refresh(
            try #require(wide.refreshToken ?? first.refreshToken),
            requested: ["orders:read"],
            by: client
        )
        #expect(narrow.value?.scopes == ["orders:read"])
        try await stand.takeAway("orders:write", from: first.subject)
        #expect(stand.published.holds(try stand.session(of: wide)))
        await stand.close()
    }

    @Test
    func aScopeThatIsTakenAwayEndsTheSessionsThatCarryIt() async throws {
        let stand = try await RaceStand()
        let client = try stand.rotatingClient
        for _ in 0..<50 {
            let identity = ProviderIdentity(
                providerID: "local",
                accountID: stand.context.random.uuid(),
                isEmailVerified: false,
                claims: [:]
            )
            let plain = try await stand.redeem(
                try await stand.code(for: client, subject: .identity(identity)),
                by: client
            ).get()
            let userID = plain.subject
            try await stand.store.write {
                try $0.grantScope(
                    ScopeGrantRecord(userID: userID, scope: "orders:write", source: "operator")
                )
            }
            let carrying = try await stand.redeem(
                try await stand.code(for: client, subject: .identity(identity)),
                by: client
            ).get()
            #expect(carrying.scopes == ["orders:read", "orders:write"])
            async let refreshed = stand.refresh(carrying.refreshToken, by: client)
            try await stand.takeAway("orders:write", from: userID)
            #expect(stand.published.holds(try stand.session(of: carrying)))
            #expect(!stand.published.holds(try stand.session(of: plain)))
            let answer = try await refreshed
            #expect(answer.value != nil || answer.fault == .refreshTokenInvalid(.revoked))
            let late = try await stand.refresh(
                answer.value?.refreshToken ?? carrying.refreshToken,
                by: client
            )
            #expect(late.fault == .refreshTokenInvalid(.revoked))
            let other = try await stand.refresh(plain.refreshToken, by: client).get()
            #expect(other.scopes == ["orders:read"])
        }
        await stand.close()
    }
}

extension RaceStand {
    /// As `gatehouse users revoke` does it.
    fileprivate func takeAway(_ scope: String, from userID: String) async throws {
        let ending = SessionEnding(context: context)
        let now = context.now
        let ended = try await store.write { transaction -> [String] in
            _ = try transaction.revokeScope(userID: userID, scope: scope, source: "operator")
            let ended = try transaction.revokeSessions(
                userID: userID,
                carryingScope: scope,
                at: now
            )
            try ending.record(ended, at: now, in: transaction)
            return ended
        }
        await ending.publish(ended)
    }
}
