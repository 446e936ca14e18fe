import Bytes

/// A stored password hash, taken apart.
internal struct PasswordText {
    internal let parameters: PasswordHash.Parameters
    internal let salt: [UInt8]
    internal let hash: [UInt8]

    internal init(parameters: PasswordHash.Parameters, salt: [UInt8], hash: [UInt8]) {
        self.parameters = parameters
        self.salt = salt
        self.hash = hash
    }

    /// Reads a text, or returns `nil` for what is none of ours or demands too much.
    internal init?(_ text: String) {
        let bytes = [UInt8](text.utf8)
        guard bytes.count <= Self.sizeMax else { return nil }
        let parts = bytes.split(separator: UInt8(ascii: "$"), omittingEmptySubsequences: false)
        guard parts.count == 5, parts[0].isEmpty, parts[1].elementsEqual("scrypt".utf8),
            let parameters = Self.parameters(parts[2]),
            let salt = Self.decode(parts[3]), Self.sizes.contains(salt.count),
            let hash = Self.decode(parts[4]), Self.sizes.contains(hash.count)
        else { return nil }
        self.init(parameters: parameters, salt: salt, hash: hash)
    }

    /// The text to store.
    internal var text: String {
        let numbers =
            "ln=\(parameters.costExponent),r=\(parameters.blockSize),p=\(parameters.parallelism)"
        return "$scrypt$\(numbers)$\(Self.encode(salt))$\(Self.encode(hash))"
    }

    private static func parameters(_ text: ArraySlice<UInt8>) -> PasswordHash.Parameters? {
        let fields = text.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
        guard fields.count == 3, let costExponent = number(fields[0], after: "ln="),
            let blockSize = number(fields[1], after: "r="),
            let parallelism = number(fields[2], after: "p=")
        else { return nil }
        return PasswordHash.Parameters(
            costExponent: costExponent,
            blockSize: blockSize,
            parallelism: parallelism
        )
    }

    /// A number of one to three digits.
    private static func number(_ field: ArraySlice<UInt8>, after name: String) -> Int? {
        guard field.starts(with: name.utf8) else { return nil }
        let digits = field.dropFirst(name.utf8.count)
        guard (1...3).contains(digits.count) else { return nil }
        var value = 0
        for digit in digits {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
            value = value * 10 + Int(digit - UInt8(ascii: "0"))
        }
        return value
    }

    /// Plain base64 differs from base64url in two letters.
    private static func encode(_ bytes: [UInt8]) -> String {
        let letters = Base64URL.encode(bytes.span).map { letter in
            switch letter {
            case UInt8(ascii: "-"): UInt8(ascii: "+")
            case UInt8(ascii: "_"): UInt8(ascii: "/")
            default: letter
            }
        }
        return String(decoding: letters, as: UTF8.self)
    }

    private static func decode(_ text: ArraySlice<UInt8>) -> [UInt8]? {
        guard !text.contains(UInt8(ascii: "-")), !text.contains(UInt8(ascii: "_")) else {
            return nil
        }
        let letters = text.map { letter in
            switch letter {
            case UInt8(ascii: "+"): UInt8(ascii: "-")
            case UInt8(ascii: "/"): UInt8(ascii: "_")
            default: letter
            }
        }
        return Base64URL.decode(letters.span)
    }

    /// Chosen: three times what ours take.
    private static let sizeMax = 256
    /// What salts and hashes of any maker have.
    private static let sizes = 8...64
}
