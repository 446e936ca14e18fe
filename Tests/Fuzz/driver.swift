import FuzzTargets

// `Tests/Fuzz/run` compiles this file once for each target, with that target's name in place of the
// canary's, and links it with libFuzzer. It belongs to no SwiftPM target.

/// What libFuzzer calls with every input.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    // SAFETY: libFuzzer lends `count` bytes for the length of this call, and the span ends with it.
    let buffer = unsafe UnsafeBufferPointer(start: bytes, count: count)
    unsafe fuzzCanary(buffer.span)
    return 0
}
