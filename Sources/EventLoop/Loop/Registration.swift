/// A handler's place in a loop, from its registration to its deregistration.
///
/// A place that is free again is given to others under another generation. One who still holds
/// the old registration reaches nobody with it: it is ignored everywhere.
public struct Registration: Hashable, Sendable {
    /// The place in the loop's tables.
    let slot: UInt32
    /// How many times the place was given before.
    let generation: UInt32

    /// Makes the registration of a place.
    init(slot: UInt32, generation: UInt32) {
        self.slot = slot
        self.generation = generation
    }

    /// Reads the registration back out of the word that the kernel was given.
    init(userWord: UInt64) {
        slot = UInt32(truncatingIfNeeded: userWord)
        generation = UInt32(truncatingIfNeeded: userWord >> 32)
    }

    /// Both numbers in the one word that the kernel carries.
    ///
    /// Never `UInt64.max`, which a kernel may keep for itself: tables end before slot 2^32 - 1.
    var userWord: UInt64 { UInt64(generation) << 32 | UInt64(slot) }
}
