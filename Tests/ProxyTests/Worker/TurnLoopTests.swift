import Testing

@testable import Proxy

/// Steps within a turn: who has more, who asks again, and where it ends.
@Suite
struct TurnLoopTests {
    /// What the loop says to each step, from the beginning of a turn.
    private func run(_ turn: inout TurnLoop, _ steps: [Bool]) -> [Bool] {
        [turn.begin()] + steps.map { turn.goesOn($0) }
    }

    @Test("Steps follow one another as long as they leave something to do")
    func goesOnWhileThereIsMore() {
        var turn = TurnLoop()
        #expect(run(&turn, [true, true, false]) == [true, true, true, false])
        #expect(!turn.isUsedUp)
    }

    @Test("No more steps than the budget, and the next turn has as many")
    func endsWithBudget() {
        var turn = TurnLoop()
        let steps = Array(repeating: true, count: TurnLoop.budget)
        for _ in 0..<2 {
            #expect(run(&turn, steps) == steps + [false])
            #expect(turn.isUsedUp)
        }
    }

    @Test("Who asks while a step is made is given another, and no loop within the loop")
    func goesOnceMoreForWhoAsks() {
        var turn = TurnLoop()
        #expect(run(&turn, []) == [true])
        #expect(run(&turn, []) == [false])
        #expect(run(&turn, [false, false]) == [false, true, false])
        #expect(run(&turn, [false]) == [true, false])
    }
}
