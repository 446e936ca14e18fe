import JSON

/// The `user` parameter of Apple's first form: the name, which comes nowhere else and never again.
///
/// It is the browser's word and nobody signs it, so only the name for display is taken.
enum AppleUser {
    /// First and last name, as far as they are there.
    static func name(in callback: ProviderCallback) -> String? {
        guard let text = callback.parameters["user"], text.utf8.count <= sizeMax else { return nil }
        let bytes = [UInt8](text.utf8)
        let limits = JSONLimits(size: sizeMax, depth: ProviderLimits.depth)
        guard let value = try? JSONValue.parse(bytes.span, limits: limits),
            let name = value.object?["name"]?.object
        else { return nil }
        let parts = [name["firstName"]?.string, name["lastName"]?.string].compactMap { $0 }
        return parts.isEmpty ? nil : parts.joined(separator: " ")
    }

    /// 4 KiB: names are short.
    private static let sizeMax = 4_096
}
