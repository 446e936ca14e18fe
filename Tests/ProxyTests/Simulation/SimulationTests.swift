import Glibc
import Testing

/// The whole data plane on a pretended system, by seeds: what holds in every run is in ``World``.
///
/// `SIMULATION_SEED=n` runs one seed of every scenario, `SIMULATION_COUNT=n` so many, from
/// `SIMULATION_FIRST=n` on.
@Suite
struct SimulationTests {
    @Test(arguments: Scenario.allCases, [false, true])
    func everyRunKeepsItsPromises(scenario: Scenario, hasHTTP2Origins: Bool) throws {
        try run(scenario, hasHTTP2Origins: hasHTTP2Origins, hasHTTP2Peers: false, count: 50)
    }

    @Test(arguments: Scenario.allCases, [false, true])
    func everyRunOverHTTP2KeepsItsPromises(scenario: Scenario, hasHTTP2Origins: Bool) throws {
        try run(scenario, hasHTTP2Origins: hasHTTP2Origins, hasHTTP2Peers: true, count: 30)
    }

    private func run(
        _ scenario: Scenario,
        hasHTTP2Origins: Bool,
        hasHTTP2Peers: Bool,
        count fixed: Int
    ) throws {
        let count = Self.number("SIMULATION_COUNT") ?? fixed
        let first = Self.number("SIMULATION_FIRST") ?? 0
        let only = Self.number("SIMULATION_SEED")
        let seeds = only.map { $0...$0 } ?? first...(first + count - 1)
        var faults: [String] = []
        for seed in seeds {
            if Self.number("SIMULATION_TRACE") != nil {
                print(scenario, seed, hasHTTP2Origins)
            }
            let world = try World.make(
                scenario,
                seed: UInt64(seed),
                hasHTTP2Origins: hasHTTP2Origins,
                hasHTTP2Peers: hasHTTP2Peers
            )
            if Self.number("SIMULATION_LOG") == Self.place(of: scenario) {
                world.kernel.trace = { print($0) }
            }
            faults += world.run()
            if faults.count > 5 { break }
        }
        #expect(faults.isEmpty, "\(faults.joined(separator: "\n"))")
    }

    private static func place(of scenario: Scenario) -> Int? {
        Scenario.allCases.firstIndex(of: scenario)
    }

    private static func number(_ name: String) -> Int? {
        // SAFETY: nobody changes the environment while the tests run.
        guard let value = unsafe getenv(name) else { return nil }
        return unsafe Int(String(cString: value))
    }
}
