import EventLoop

/// What is known of one host name: its last good addresses, and when to ask again.
///
/// Pure: look-ups are events. Addresses are kept however long the name servers fail: an address that
/// has gone bad is found out by checks and by passive ejection, and none at all would be worse.
struct NameRecord {
    /// The addresses, in an order that changes only where they do.
    private(set) var addresses: [SocketAddress]
    /// Whether the last look-up failed.
    private(set) var isFailing = false
    private var random: SeededRandom

    /// A name that was not looked up yet, with what the conf before this one knew of it.
    init(seed: UInt64, addresses: [SocketAddress] = []) {
        self.addresses = addresses
        random = SeededRandom(seed: seed)
    }

    /// The name has these addresses.
    ///
    /// What stays keeps its place, whatever order the name server rotates its answers into.
    ///
    /// - Returns: Whether the addresses are others than before.
    mutating func resolved(_ found: [SocketAddress]) -> Bool {
        guard !found.isEmpty else {
            failed()
            return false
        }
        isFailing = false
        let kept = addresses.filter { found.contains($0) }
        let merged = kept + found.filter { !kept.contains($0) }
        defer { addresses = merged }
        return merged != addresses
    }

    /// The name could not be looked up.
    mutating func failed() {
        isFailing = true
    }

    /// How long to wait before the next look-up.
    ///
    /// Chosen at random, so that names do not ask together: between the shortest life that name
    /// servers commonly give an address and three times that.
    mutating func nextDelay() -> Duration {
        guard !isFailing else { return Self.delayMin }
        let span = Self.delayMax - Self.delayMin
        return Self.delayMin + span * Double.random(in: 0...1, using: &random)
    }

    private static let delayMin = Duration.seconds(10)
    private static let delayMax = Duration.seconds(30)
}
