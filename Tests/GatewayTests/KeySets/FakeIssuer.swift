import Bytes
import Cryptography
import EventLoop
import JOSE
import JSON
import Outbound
import Synchronization

@testable import Configuration
@testable import Gateway

/// An issuer without a network: addresses and what they answer, which a test changes as it likes.
final class FakeIssuer: OutboundTransport {
    private let state = Mutex(State())

    private struct State {
        var answers: [String: Result<OutboundResponse, OutboundFault>] = [:]
        var requests: [OutboundRequest] = []
        var isHeld = false
        var held: [CheckedContinuation<Void, Never>] = []
    }

    func result(of request: OutboundRequest) async -> Result<OutboundResponse, OutboundFault> {
        await withCheckedContinuation { continuation in
            let isHeld = state.withLock { state in
                state.requests.append(request)
                if state.isHeld {
                    state.held.append(continuation)
                }
                return state.isHeld
            }
            if !isHeld {
                continuation.resume()
            }
        }
        let answer = state.withLock { $0.answers[request.url] }
        return answer ?? .failure(.peerUnreachable(detail: "nobody"))
    }

    /// From now on `url` answers 200 with the bytes, or another status.
    func serve(_ url: String, _ body: [UInt8], status: Int = 200) {
        answer(url, OutboundResponse(status: status, headers: [], body: body))
    }

    /// From now on `url` has this answer.
    func answer(_ url: String, _ response: OutboundResponse) {
        state.withLock { $0.answers[url] = .success(response) }
    }

    /// From now on `url` answers with text.
    func serve(_ url: String, text: String, status: Int = 200) {
        serve(url, Array(text.utf8), status: status)
    }

    /// From now on `url` fails.
    func fail(_ url: String, _ fault: OutboundFault = .peerUnreachable(detail: "down")) {
        state.withLock { $0.answers[url] = .failure(fault) }
    }

    /// Keeps every request waiting until ``release()``.
    func hold() {
        state.withLock { $0.isHeld = true }
    }

    /// Answers whatever waits, and what comes.
    func release() {
        let held = state.withLock { state in
            let held = state.held
            state.held = []
            state.isHeld = false
            return held
        }
        for continuation in held {
            continuation.resume()
        }
    }

    /// What was asked so far.
    var requests: [OutboundRequest] { state.withLock { $0.requests } }
}

/// Keys by id, made once each, as sets in JSON.
final class KeyRing: Sendable {
    private let keys = Mutex<[String: JSONObject]>([:])

    /// The set of these keys.
    func set(_ ids: String...) throws -> [UInt8] {
        var members: [JSONValue] = []
        for id in ids {
            members.append(.object(try key(id)))
        }
        var bytes: [UInt8] = []
        JSONValue.object(["keys": .array(members)]).write(into: &bytes)
        return bytes
    }

    private func key(_ id: String) throws -> JSONObject {
        if let made = keys.withLock({ $0[id] }) {
            return made
        }
        let pair = try PrivateKey.generate(.ed25519)
        let key = JSONWebKey(keyID: id, algorithm: .eddsa, material: .publicKey(pair.publicKey))
        let object = key.json() ?? JSONObject()
        keys.withLock { $0[id] = object }
        return object
    }
}

/// Remembers everything it is told.
final class Witness: KeySetPublisher, KeySetEventSink {
    private let state = Mutex(State())

    private struct State {
        var versions: [(issuer: Int, version: KeySetVersion)] = []
        var events: [KeySetEvent] = []
        var isBlocked = false
        var blocked: [CheckedContinuation<Void, Never>] = []
    }

    func keySetChanged(issuer: Int, version: KeySetVersion) async {
        await withCheckedContinuation { continuation in
            let isBlocked = state.withLock { state in
                state.versions.append((issuer, version))
                if state.isBlocked {
                    state.blocked.append(continuation)
                }
                return state.isBlocked
            }
            if !isBlocked {
                continuation.resume()
            }
        }
    }

    func keySetEvent(_ event: KeySetEvent, issuer: Int) {
        state.withLock { $0.events.append(event) }
    }

    /// Keeps the publisher from returning, or lets it.
    func block(_ isBlocked: Bool) {
        let released = state.withLock { state in
            state.isBlocked = isBlocked
            let released = state.blocked
            state.blocked = []
            return released
        }
        for continuation in released {
            continuation.resume()
        }
    }

    var versions: [(issuer: Int, version: KeySetVersion)] { state.withLock { $0.versions } }
    var events: [KeySetEvent] { state.withLock { $0.events } }
    var failures: [String] {
        events.compactMap { event in
            if case .fetchFailed(_, let label, _, _) = event { label } else { nil }
        }
    }
}

/// An issuer as a conf would have it.
func issuer(
    _ identifier: String = "https://issuer.test",
    keys: KeySource = .url("https://issuer.test/keys")
) -> IssuerSettings {
    IssuerSettings(
        identifier: identifier,
        keys: keys,
        audiences: ["api"],
        algorithms: ["EdDSA"],
        clockSkew: .seconds(60),
        tokenType: nil,
        ignoresHeaderKeys: false,
        acceptsIDTokens: false,
        project: nil,
        trustedClaims: [],
        userIDPrefix: "",
        keySetPolicy: KeySetPolicySettings(
            softLifetime: .seconds(600),
            staleLifetime: .seconds(86_400),
            fetchTimeout: .seconds(5),
            fetchSize: 524_288
        )
    )
}

/// A keeper with everything around it that a test wants to see.
struct KeeperScene {
    let ring = KeyRing()
    let issuer = FakeIssuer()
    let witness = Witness()
    let clock = ManualClock()

    func keeper(
        _ issuers: [IssuerSettings],
        directory: String? = nil,
        inheriting: [InheritedKeySet] = []
    ) -> KeySetKeeper {
        KeySetKeeper(
            issuers: issuers,
            stateDirectory: directory,
            transport: issuer,
            publisher: witness,
            sink: witness,
            clock: clock,
            seed: 42,
            inheriting: inheriting
        )
    }
}

extension KeySetKeeper {
    /// The ids of the keys held of an issuer, in order; `nil` where no set is held.
    func heldIDs(_ issuer: Int = 0) -> [String]? {
        versions()[issuer].keySet?.keys.compactMap(\.keyID).sorted()
    }
}

/// Runs `body` with a fresh directory, which goes away with what is in it.
func withTemporaryDirectory(_ body: (String) async throws -> Void) async throws {
    let path = try FileSystem.makeTemporaryDirectory(prefix: "gatehouse-keys")
    defer { FileSystem.removeTree(at: path) }
    try await body(path)
}
