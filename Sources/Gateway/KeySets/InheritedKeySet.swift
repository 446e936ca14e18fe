import Configuration
import EventLoop
import JOSE

/// What a keeper leaves to the keeper of the next settings, so that a reload fetches nothing anew.
public struct InheritedKeySet: Sendable {
    /// The issuer's `iss`.
    let identifier: String
    /// Where the keys came from: a set from another place is not inherited.
    let source: KeySource
    /// ``KeySetVersion/generation``, which goes on from there.
    let generation: UInt64
    /// The set in use, or `nil`.
    let held: HeldKeys<KeySet>?
}
