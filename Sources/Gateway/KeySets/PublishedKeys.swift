import JOSE

/// What the life of a key set needs to know of its contents.
///
/// The machine is written against this, not against ``JOSE/KeySet``, so that hours of rotations can be
/// played through without making keys.
protocol PublishedKeys: Sendable {
    /// Whether a key of that id is in the set, usable or not for the token at hand.
    func lists(_ keyID: String) -> Bool
    /// Whether both sets hold the same keys.
    func hasSameKeys(as other: Self) -> Bool
}

extension KeySet: PublishedKeys {
    func lists(_ keyID: String) -> Bool {
        keys.contains { $0.keyID == keyID }
    }

    func hasSameKeys(as other: KeySet) -> Bool {
        fingerprint == other.fingerprint
    }
}
