import EventLoop
import JSON
import Outbound
import Synchronization

@testable import AuthorizationServer

/// A provider without a network: places and what they answer, which a test changes as it likes.
///
/// Several answers of one place come in turn, the last one for ever.
final class FakeProvider: OutboundTransport {
    private let state = Mutex(State())

    private struct State {
        var answers: [String: [Result<OutboundResponse, OutboundFault>]] = [:]
        var requests: [OutboundRequest] = []
        var isHeld = false
        var held: [CheckedContinuation<Void, Never>] = []
        var sleeps: [Duration] = []
        var instant = Instant(nanoseconds: 1_000_000_000_000)
        var seconds: Int64 = 1_700_000_000
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
        return state.withLock { state in
            guard var answers = state.answers[request.url], let answer = answers.first else {
                return .failure(.peerUnreachable(detail: "nobody"))
            }
            if answers.count > 1 {
                answers.removeFirst()
                state.answers[request.url] = answers
            }
            return answer
        }
    }

    /// From now on `url` answers these in turn.
    func serve(_ url: String, _ answers: [Result<OutboundResponse, OutboundFault>]) {
        state.withLock { $0.answers[url] = answers }
    }

    /// From now on `url` answers with a text.
    func serve(_ url: String, status: Int = 200, text: String, type: String = "application/json") {
        serve(url, [Self.answer(status, text, type: type)])
    }

    /// From now on `url` answers with an object.
    func serve(_ url: String, status: Int = 200, _ object: JSONObject) {
        var bytes: [UInt8] = []
        object.write(into: &bytes)
        serve(url, status: status, text: String(decoding: bytes, as: UTF8.self))
    }

    /// From now on `url` fails.
    func fail(_ url: String, _ fault: OutboundFault = .peerUnreachable(detail: "down")) {
        serve(url, [.failure(fault)])
    }

    static func answer(
        _ status: Int,
        _ text: String,
        type: String = "application/json"
    ) -> Result<OutboundResponse, OutboundFault> {
        let type = OutboundHeader(name: "content-type", value: type)
        return .success(OutboundResponse(status: status, headers: [type], body: Array(text.utf8)))
    }

    /// Keeps every request waiting until ``release()``.
    func hold() {
        state.withLock { $0.isHeld = true }
    }

    /// Answers whatever waits, and what comes.
    func release() {
        let held = state.withLock { state in
            defer { state.held = [] }
            state.isHeld = false
            return state.held
        }
        for continuation in held {
            continuation.resume()
        }
    }

    /// What was asked so far.
    var requests: [OutboundRequest] { state.withLock { $0.requests } }

    /// How often a place was asked.
    func count(_ url: String) -> Int { requests.count { $0.url == url } }

    /// The waits between tries.
    var sleeps: [Duration] { state.withLock { $0.sleeps } }

    /// Moves both clocks.
    func advance(_ duration: Duration) {
        state.withLock { state in
            state.instant = state.instant + Timeout(duration)
            state.seconds += duration.components.seconds
        }
    }

    /// Tools whose clocks move only by ``advance(_:)`` and by their own sleeps.
    var tools: ProviderTools {
        ProviderTools(
            transport: self,
            now: { [self] in
                WallTime(nanosecondsSince1970: state.withLock { $0.seconds } * 1_000_000_000)
            },
            instant: { [self] in state.withLock { $0.instant } },
            sleep: { [self] duration in
                state.withLock { $0.sleeps.append(duration) }
                advance(duration)
            }
        )
    }
}

extension OutboundRequest {
    /// The fields of a form, percent-decoding left to the test.
    var form: Set<String> {
        Set(String(decoding: body, as: UTF8.self).split(separator: "&").map(String.init))
    }

    /// The value of a field.
    func value(of name: String) -> String? {
        headers.first { $0.name == name }?.value
    }
}
