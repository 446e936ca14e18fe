// TEMPORARY: stands in for the branch `jose` until it is merged. Drop this file at the merge.

public struct KeySetFault: Error, Hashable, Sendable {
    public var detail: String
}

public struct JSONWebKey: Sendable {
    public let keyID: String?
}

/// Finds key ids and nothing else.
public struct KeySet: Sendable {
    public let keys: [JSONWebKey]
    public let fingerprint: [UInt8]
    public init(parsing bytes: Span<UInt8>) throws(KeySetFault) {
        var copy: [UInt8] = []
        for index in 0..<bytes.count { copy.append(bytes[index]) }
        let text = String(decoding: copy, as: UTF8.self)
        guard text.hasPrefix("{"), text.hasSuffix("}") else {
            throw KeySetFault(detail: "json.syntax")
        }
        let parts = text.split(separator: "\"kid\":\"").dropFirst()
        keys = parts.map { JSONWebKey(keyID: $0.split(separator: "\"").first.map(String.init)) }
        fingerprint = copy
    }
}
