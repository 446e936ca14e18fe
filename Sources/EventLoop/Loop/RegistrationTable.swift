/// Who is registered at a loop, by slot; the generation tells a slot's tenants apart.
///
/// Slots are reused, last freed first, so that the table stays as long as the most that were ever
/// registered at a time. A generation comes back after 2^32 tenants of one slot: a registration
/// would have to be kept stale for as long to be taken for another.
struct RegistrationTable {
    private var slots: [Slot] = []
    private var freeSlots: [UInt32] = []
    private let firstGeneration: UInt32

    /// How many are registered.
    private(set) var count = 0

    /// Makes an empty table whose slots begin with `firstGeneration`, other than zero in tests.
    init(firstGeneration: UInt32 = 0) {
        self.firstGeneration = firstGeneration
    }

    /// Gives `slot` to one more tenant.
    mutating func insert(
        _ handler: any EventHandler,
        descriptor: Int32,
        interest: Interest
    ) -> Registration {
        count += 1
        if let slot = freeSlots.popLast() {
            let index = Int(slot)
            slots[index].handler = handler
            slots[index].descriptor = descriptor
            slots[index].interest = interest
            slots[index].state = []
            return Registration(slot: slot, generation: slots[index].generation)
        }
        precondition(slots.count < Int(UInt32.max))
        let slot = UInt32(slots.count)
        slots.append(
            Slot(
                handler: handler,
                descriptor: descriptor,
                interest: interest,
                generation: firstGeneration
            )
        )
        return Registration(slot: slot, generation: firstGeneration)
    }

    /// Where the tenant stands, or `nil` when the registration is stale.
    @inline(__always)
    func index(of registration: Registration) -> Int? {
        let index = Int(registration.slot)
        guard index < slots.count, slots[index].generation == registration.generation,
            slots[index].handler != nil
        else { return nil }
        return index
    }

    /// The registration of the tenant at `index`.
    func registration(at index: Int) -> Registration {
        Registration(slot: UInt32(index), generation: slots[index].generation)
    }

    /// Whether somebody stands at `index`.
    func isTaken(_ index: Int) -> Bool {
        slots[index].handler != nil
    }

    /// How many slots there are, free ones included.
    var slotCount: Int { slots.count }

    /// The tenant's own part of the table.
    subscript(index: Int) -> Slot {
        _read { yield slots[index] }
        _modify { yield &slots[index] }
    }

    /// Frees the slot for others, under the next generation.
    ///
    /// - Returns: The handler, so that it goes away after the table is whole again: its `deinit`
    ///   may come back to the loop.
    mutating func remove(at index: Int) -> (any EventHandler)? {
        let handler = slots[index].handler.take()
        slots[index].generation &+= 1
        slots[index].descriptor = -1
        freeSlots.append(UInt32(index))
        count -= 1
        return handler
    }
}

extension RegistrationTable {
    /// One place of the table.
    struct Slot {
        /// The tenant; `nil` while the slot is free.
        var handler: (any EventHandler)?
        /// What is watched for it, or -1 for a tenant that has only a deadline.
        var descriptor: Int32
        /// What it wants to be told.
        var interest: Interest
        /// The tenant's number.
        var generation: UInt32
        /// How the kernel's knowledge differs from the tenant's wishes.
        var state: State = []
    }

    /// What the loop must remember about a slot.
    struct State: OptionSet {
        let rawValue: UInt8

        /// The kernel watches the descriptor.
        static let isWatched = State(rawValue: 1)
        /// The interest changed since the kernel was told.
        static let isChanged = State(rawValue: 2)
        /// The end of the connection was told, while there was no interest in anything else.
        static let isEndTold = State(rawValue: 4)
    }
}
