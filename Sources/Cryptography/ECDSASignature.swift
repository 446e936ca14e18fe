import COpenSSL

/// The two forms of an ECDSA signature: r and s side by side (JOSE), and ASN.1 (OpenSSL).
internal enum ECDSASignature {
    /// Room for the ASN.1 form on P-521: two integers of at most 67 bytes, and eight bytes around.
    internal typealias Scratch = InlineArray<144, UInt8>

    /// Writes the ASN.1 form of r and s side by side into `scratch`.
    ///
    /// - Returns: How many bytes were written, or `nil` for a length that no curve has.
    internal static func encodeDER(_ raw: Span<UInt8>, into scratch: inout Scratch) -> Int? {
        guard raw.count % 2 == 0, raw.count > 0, raw.count <= 132 else { return nil }
        let half = raw.count / 2
        let r = raw.extracting(0..<half).withoutLeadingZeros()
        let s = raw.extracting(half..<raw.count).withoutLeadingZeros()
        let content = integerSize(r) + integerSize(s)
        var place = 0
        scratch[place] = 0x30
        place += 1
        if content > 127 {
            scratch[place] = 0x81
            place += 1
        }
        scratch[place] = UInt8(content)
        place += 1
        appendInteger(r, to: &scratch, at: &place)
        appendInteger(s, to: &scratch, at: &place)
        return place
    }

    /// r and s side by side, each `coordinateSize` long, of a signature that OpenSSL made.
    internal static func decodeDER(_ der: [UInt8], coordinateSize: Int) -> [UInt8]? {
        var raw = [UInt8](repeating: 0, count: coordinateSize * 2)
        // SAFETY: the signature is ours and freed once; r and s live as long as it does, and each is
        // written into its own half of `raw`.
        let done = unsafe der.withUnsafeBufferPointer { buffer -> Bool in
            var start = buffer.baseAddress
            guard let signature = unsafe d2i_ECDSA_SIG(nil, &start, buffer.count) else {
                return false
            }
            defer { unsafe ECDSA_SIG_free(signature) }
            let size = Int32(clamping: coordinateSize)
            return unsafe raw.withUnsafeMutableBufferPointer { output in
                guard let first = output.baseAddress else { return false }
                return unsafe BN_bn2binpad(ECDSA_SIG_get0_r(signature), first, size) == size
                    && BN_bn2binpad(ECDSA_SIG_get0_s(signature), first + coordinateSize, size)
                        == size
            }
        }
        return done ? raw : nil
    }

    /// Whether the bytes are one ASN.1 sequence that begins with an integer.
    internal static func looksLikeDER(_ bytes: Span<UInt8>) -> Bool {
        guard bytes.count >= 8, bytes[0] == 0x30 else { return false }
        if bytes[1] == 0x81 {
            return Int(bytes[2]) == bytes.count - 3 && bytes[3] == 0x02
        }
        return Int(bytes[1]) == bytes.count - 2 && bytes[2] == 0x02
    }

    private static func integerSize(_ number: Span<UInt8>) -> Int {
        2 + valueSize(number)
    }

    /// The bytes of a positive integer: one more where the first bit would make it negative, and at
    /// least one.
    private static func valueSize(_ number: Span<UInt8>) -> Int {
        guard number.count > 0 else { return 1 }
        return number.count + (number[0] >= 0x80 ? 1 : 0)
    }

    private static func appendInteger(
        _ number: Span<UInt8>,
        to scratch: inout Scratch,
        at place: inout Int
    ) {
        let size = valueSize(number)
        scratch[place] = 0x02
        scratch[place + 1] = UInt8(size)
        place += 2
        if size > number.count {
            scratch[place] = 0
            place += 1
        }
        for index in 0..<number.count {
            scratch[place] = number[index]
            place += 1
        }
    }
}
