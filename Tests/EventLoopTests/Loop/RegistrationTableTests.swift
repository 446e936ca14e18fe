import Testing

@testable import EventLoop

@Suite
struct RegistrationTableTests {
    @Test
    func slotsAreReusedUnderAnotherGeneration() {
        var table = RegistrationTable()
        let first = table.insert(Recorder(), descriptor: 1, interest: [])
        let second = table.insert(Recorder(), descriptor: 2, interest: [])
        _ = table.remove(at: Int(first.slot))
        let third = table.insert(Recorder(), descriptor: 3, interest: .readable)
        #expect(third.slot == first.slot && third != first)
        #expect(table.index(of: first) == nil)
        #expect(table.index(of: second) == Int(second.slot))
        #expect(table.index(of: third) == Int(third.slot))
        #expect(table.slotCount == 2)
        #expect(table.count == 2)
    }

    @Test
    func generationsWrapWithoutATrap() {
        var table = RegistrationTable(firstGeneration: .max)
        let last = table.insert(Recorder(), descriptor: 1, interest: [])
        #expect(last.generation == .max)
        _ = table.remove(at: Int(last.slot))
        let wrapped = table.insert(Recorder(), descriptor: 1, interest: [])
        #expect(wrapped.generation == 0)
        #expect(table.index(of: last) == nil)
        #expect(table.index(of: wrapped) == 0)
    }

    @Test
    func aFreeSlotIsNobodysEvenUnderItsNextGeneration() {
        var table = RegistrationTable()
        let first = table.insert(Recorder(), descriptor: 1, interest: [])
        _ = table.remove(at: 0)
        #expect(table.index(of: Registration(slot: 0, generation: first.generation &+ 1)) == nil)
        #expect(table.index(of: Registration(slot: 1, generation: 0)) == nil)
    }

    @Test
    func theUserWordCarriesBoth() {
        let registration = Registration(slot: 0xDEAD_BEEF, generation: 0xFFFF_FFFF)
        #expect(Registration(userWord: registration.userWord) == registration)
        #expect(registration.userWord != .max)
    }

    @Test(arguments: 0..<20 as Range<UInt64>)
    func itFindsExactlyThoseThatAreIn(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var table = RegistrationTable(firstGeneration: .max - 3)
        var present: [Registration] = []
        var gone: [Registration] = []
        for _ in 0..<500 {
            if present.isEmpty || random.below(2) == 0 {
                present.append(table.insert(Recorder(), descriptor: 7, interest: []))
            } else {
                let registration = present.remove(at: random.below(present.count))
                _ = table.remove(at: Int(registration.slot))
                gone.append(registration)
            }
        }
        #expect(table.count == present.count)
        #expect(Set(present).count == present.count)
        #expect(present.allSatisfy { table.index(of: $0) == Int($0.slot) })
        #expect(gone.allSatisfy { table.index(of: $0) == nil })
    }
}
