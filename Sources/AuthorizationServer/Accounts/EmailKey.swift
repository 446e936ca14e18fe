/// What e-mail addresses are compared by.
enum EmailKey {
    /// The address in lower case, without blanks around; `nil` for what is no address.
    ///
    /// The local part is case-sensitive by RFC 5321, and by no mail service that people use: two
    /// users who differ in case alone would be one person to everyone but us.
    static func make(_ address: String) -> String? {
        let key = address.trimmingBlanks().lowercased()
        guard key.utf8.count <= sizeMax, !key.utf8.contains(where: { $0 <= 0x20 || $0 == 0x7F }),
            let at = key.lastIndex(of: "@"), at != key.startIndex,
            key.index(after: at) != key.endIndex
        else { return nil }
        return key
    }

    /// RFC 5321 §4.5.3.1: a path of 256 octets, its angle brackets counted.
    private static let sizeMax = 254
}
