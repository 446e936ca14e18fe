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
    /// Compared byte by byte, as the look-up does: to a `String` two spellings of one letter are equal.
    ///
    /// Skipped keys count: the verifier then says what is wrong with the key. So does a set whose keys
    /// have no names: it serves every name.
    func lists(_ keyID: String) -> Bool {
        let isNamed: (String?) -> Bool = { $0?.utf8.elementsEqual(keyID.utf8) ?? false }
        return keys.contains { isNamed($0.keyID) } || skipped.contains { isNamed($0.keyID) }
            || keys.allSatisfy { $0.keyID == nil }
    }

    func hasSameKeys(as other: KeySet) -> Bool {
        self == other
    }
}
