// The fuzzer that must fail: it traps on one word that chance alone would not find, so a run that
// passes means that the alarm does not ring, and no other fuzzer's silence means anything.

/// Traps on inputs that begin with `gate`.
public func fuzzCanary(_ bytes: Span<UInt8>) {
    let word: [UInt8] = [0x67, 0x61, 0x74, 0x65]
    guard bytes.count >= word.count else { return }
    var matched = 0
    for index in word.indices {
        guard bytes[index] == word[index] else { return }
        matched += 1
    }
    precondition(matched < word.count, "the canary sings")
}
