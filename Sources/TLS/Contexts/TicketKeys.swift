import COpenSSL
import Synchronization

/// The keys that session tickets are sealed with, shared by every worker and every context.
///
/// A session that was made through one context resumes through any other that was given the same
/// keys, also after a reload. Rotating makes a new key for new tickets and keeps one old key for
/// reading: a ticket resumes for at least one interval and at most two.
///
/// The lock is taken once a handshake, never for application bytes.
public final class TicketKeys: Sendable {
    /// How often ``rotate()`` should be called: six hours bound what a stolen key opens, and a
    /// client that returns within the working day still resumes.
    public static let rotationInterval: Duration = .seconds(6 * 3600)

    private let ring: Mutex<Ring>

    /// Makes a ring with one fresh key.
    public init() {
        ring = Mutex(Ring(current: TicketKey.random()))
    }

    /// Seals with a fresh key from now on; tickets of the key before remain readable, older ones
    /// do not.
    ///
    /// Where the system has no randomness to give, no tickets are made until it has again.
    public func rotate() {
        ring.withLock { ring in
            ring.previous?.erase()
            ring.previous = ring.current
            ring.current = TicketKey.random()
        }
    }

    /// How long a ticket is honoured at most, in seconds: both keys that can read it.
    internal static let ticketLifetime = 2 * Int(rotationInterval.components.seconds)

    /// Answers OpenSSL's question for the keys of one ticket (RFC 5077 §4).
    internal func answer(_ question: TicketQuestion) -> Int32 {
        ring.withLock { ring in
            guard !question.isSealing else {
                guard let key = ring.current else { return TicketAnswer.none }
                return key.seal(question) ? TicketAnswer.usable : TicketAnswer.failed
            }
            if let key = ring.current, key.isNamed(by: question) {
                return key.apply(to: question) ? question.answerWhenCurrent : TicketAnswer.failed
            }
            if let key = ring.previous, key.isNamed(by: question) {
                return key.apply(to: question) ? TicketAnswer.usableAndDue : TicketAnswer.failed
            }
            return TicketAnswer.none
        }
    }

    private struct Ring {
        var current: TicketKey?
        var previous: TicketKey?
    }
}

/// What OpenSSL hands to the ticket callback, for the length of that call.
@safe
internal struct TicketQuestion {
    /// Sixteen bytes: written when sealing, read when opening.
    internal let name: UnsafeMutablePointer<UInt8>
    /// Sixteen bytes: written when sealing, read when opening.
    internal let vector: UnsafeMutablePointer<UInt8>
    internal let cipher: OpaquePointer
    internal let mac: OpaquePointer
    /// Whether a new ticket is made; else one of a peer's is read.
    internal let isSealing: Bool
    /// TLS 1.3 tickets are for one use: a resumed connection is given another at once.
    internal let answerWhenCurrent: Int32
}

/// The callback's answers.
internal enum TicketAnswer {
    internal static let failed: Int32 = -1
    internal static let none: Int32 = 0
    internal static let usable: Int32 = 1
    internal static let usableAndDue: Int32 = 2
}

/// One ticket key: a public name and two secrets.
private struct TicketKey {
    private var bytes: [UInt8]

    static func random() -> TicketKey? {
        var bytes = [UInt8](repeating: 0, count: nameSize + cipherKeySize + macKeySize)
        // SAFETY: the storage is valid for its count during the call.
        let filled = unsafe bytes.withUnsafeMutableBufferPointer { free in
            unsafe RAND_bytes(free.baseAddress, Int32(free.count)) == 1
        }
        guard filled else {
            ERR_clear_error()
            return nil
        }
        return TicketKey(bytes: bytes)
    }

    func isNamed(by question: TicketQuestion) -> Bool {
        for index in 0..<Self.nameSize where unsafe question.name[index] != bytes[index] {
            return false
        }
        return true
    }

    func seal(_ question: TicketQuestion) -> Bool {
        // SAFETY: OpenSSL's name and vector have sixteen bytes each to be written.
        guard unsafe RAND_bytes(question.vector, vectorSize) == 1 else { return false }
        for index in 0..<Self.nameSize {
            unsafe question.name[index] = bytes[index]
        }
        return apply(to: question)
    }

    func apply(to question: TicketQuestion) -> Bool {
        // SAFETY: the two keys lie one behind the other after the name; OpenSSL copies both.
        unsafe bytes.withUnsafeBufferPointer { all in
            guard let start = all.baseAddress else { return false }
            let cipherKey = unsafe start + Self.nameSize
            return unsafe gatehouse_tls_apply_ticket_key(
                question.cipher,
                question.mac,
                cipherKey,
                cipherKey + Self.cipherKeySize,
                question.vector,
                question.isSealing ? 1 : 0
            ) == 1
        }
    }

    mutating func erase() {
        // SAFETY: the storage is valid for its count during the call.
        unsafe bytes.withUnsafeMutableBytes { unsafe OPENSSL_cleanse($0.baseAddress, $0.count) }
    }

    private static let nameSize = 16
    private static let cipherKeySize = 32
    private static let macKeySize = 32
}

/// One block of AES.
private let vectorSize: Int32 = 16
