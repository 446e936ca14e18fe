import Configuration
import JSON

/// Reads an account out of what a provider said.
struct AccountReader: Sendable {
    let client: ProviderClient

    /// What was said where, the more trusted first.
    struct Sources: Sendable {
        /// The objects that are read: an ID token's claims, user info.
        var objects: [JSONObject]
        /// The list of addresses, where the provider has one.
        var emails: JSONValue?
        /// The name in Apple's form, where it is there.
        var formName: String?
    }

    /// Who `sources` speak of; `claims` are what is kept of them for the conf's `grant` rules.
    func identity(
        _ sources: Sources,
        claims: JSONObject,
        tokens: ProviderTokens
    ) throws(ProviderFault) -> ProviderIdentity {
        let fields = client.preset.fields
        guard let accountID = accountID(sources, fields) else {
            throw .broken(detail: "user info: no usable account id")
        }
        let (email, isVerified) = email(sources, fields)
        guard email != nil || !client.preset.demandsEmail else {
            throw .refused(
                text: ProviderErrorWord.emailMissing,
                detail: "user info: no e-mail address"
            )
        }
        return ProviderIdentity(
            providerID: client.id,
            accountID: accountID,
            email: email,
            isEmailVerified: email != nil && counts(isVerified),
            displayName: displayName(sources, fields),
            pictureURL: pictureURL(sources, fields),
            claims: claims,
            tokens: tokens
        )
    }

    /// What the conf makes of the provider's word.
    private func counts(_ isVerified: Bool) -> Bool {
        switch client.emailVerification {
        case .assumed: true
        case .claimed: isVerified
        case .never: false
        }
    }

    private func accountID(_ sources: Sources, _ fields: AccountFields) -> String? {
        let found = sources.objects.lazy.compactMap { $0.value(at: fields.accountID) }.first
        switch found {
        case .integer(let number)?: return String(number)
        case .string(let text)? where Self.isPlain(text, sizeMax: ProviderLimits.accountIDSize):
            return text
        default: return nil
        }
    }

    private func email(_ sources: Sources, _ fields: AccountFields) -> (String?, Bool) {
        switch fields.email {
        case .absent: return (nil, false)
        case .list(let list): return listedEmail(sources, list)
        case .member(let paths, let flag):
            let found = sources.objects.lazy.compactMap { Self.email($0, paths) }.first
            guard let found else { return (nil, false) }
            return (found, isVerified(found, sources, paths, flag))
        }
    }

    /// Whether a source that has this very address says so, and none that has it denies it.
    private func isVerified(
        _ email: String,
        _ sources: Sources,
        _ paths: [String],
        _ flag: AccountFields.Flag
    ) -> Bool {
        var isSaid = false
        for object in sources.objects where Self.has(email, in: object, paths) {
            switch flag {
            case .never:
                return false
            case .boolean(let path):
                switch object.value(at: path) {
                case .boolean(true)?: isSaid = true
                case nil: break
                default: return false
                }
            case .booleanOrText(let path):
                switch object.value(at: path) {
                case .boolean(true)?, .string("true")?: isSaid = true
                case nil: break
                default: return false
                }
            }
        }
        return isSaid
    }

    private func listedEmail(_ sources: Sources, _ list: EmailList) -> (String?, Bool) {
        guard let elements = Self.elements(of: sources.emails, at: list.path) else {
            return (nil, false)
        }
        let chosen = elements.first { entry in
            switch list.choice {
            case .firstMarked(let name):
                entry[name] == .boolean(true)
            case .sameAs(let path):
                sources.objects.contains { object in
                    Self.email(object, [path]).map { Self.has($0, in: entry, ["email"]) } ?? false
                }
            }
        }
        guard let chosen, let email = Self.email(chosen, ["email"]) else {
            return (fallbackEmail(sources, list), false)
        }
        switch list.verification {
        case .dated(let name): return (email, chosen[name]?.string.map { !$0.isEmpty } ?? false)
        case .marked(let name): return (email, chosen[name] == .boolean(true))
        }
    }

    /// The address that user info has though the list has not: never verified.
    private func fallbackEmail(_ sources: Sources, _ list: EmailList) -> String? {
        guard case .sameAs(let path) = list.choice else { return nil }
        return sources.objects.lazy.compactMap { Self.email($0, [path]) }.first
    }

    private static func elements(of value: JSONValue?, at path: String) -> [JSONObject]? {
        let array = path.isEmpty ? value?.array : value?.object?.value(at: path)?.array
        return array?.compactMap(\.object)
    }

    private func displayName(_ sources: Sources, _ fields: AccountFields) -> String? {
        for path in fields.displayNames {
            for object in sources.objects {
                if let text = object.value(at: path)?.string, let name = Self.displayName(text) {
                    return name
                }
            }
        }
        return sources.formName.flatMap(Self.displayName)
    }

    private func pictureURL(_ sources: Sources, _ fields: AccountFields) -> String? {
        switch fields.picture {
        case nil: return nil
        case .member(let path)?:
            let found = sources.objects.lazy.compactMap { $0.value(at: path)?.string }.first
            guard let found, found.utf8.count <= ProviderLimits.pictureURLSize else { return nil }
            return ProviderEndpoint(found, allowsPlain: false)?.url
        case .template(let template)?:
            return sources.objects.lazy.compactMap { Self.filled(template, from: $0) }.first
        }
    }
}

extension AccountReader {
    /// An address that can be one, of the first member that has one.
    private static func email(_ object: JSONObject, _ paths: [String]) -> String? {
        for path in paths {
            guard let text = object.value(at: path)?.string,
                isPlain(text, sizeMax: ProviderLimits.emailSize),
                let sign = text.utf8.lastIndex(of: UInt8(ascii: "@")),
                sign != text.utf8.startIndex, text.utf8.index(after: sign) != text.utf8.endIndex
            else { continue }
            return text
        }
        return nil
    }

    /// Whether the object's address is this one, byte for byte.
    private static func has(_ email: String, in object: JSONObject, _ paths: [String]) -> Bool {
        Self.email(object, paths).map { JSONText.isExactly($0, email) } ?? false
    }

    /// Whether a text is there, short enough, and without blanks and control characters.
    private static func isPlain(_ text: String, sizeMax: Int) -> Bool {
        !text.isEmpty && text.utf8.count <= sizeMax
            && text.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7F }
    }

    /// A name without control characters, marks that turn the direction of text around it, and outer
    /// blanks; cut, and `nil` where nothing is left.
    private static func displayName(_ text: String) -> String? {
        var name = ""
        for scalar in text.unicodeScalars {
            let isBlank =
                switch scalar.value {
                case 0...0x20, 0x7F...0x9F, 0x2028...0x202E, 0x2066...0x2069: true
                default: false
                }
            let size = UTF8.width(scalar)
            guard name.utf8.count + size <= ProviderLimits.displayNameSize else { break }
            if isBlank {
                if !name.isEmpty, !name.hasSuffix(" ") {
                    name += " "
                }
            } else {
                name.unicodeScalars.append(scalar)
            }
        }
        if name.hasSuffix(" ") {
            name.removeLast()
        }
        return name.isEmpty ? nil : name
    }

    private static func filled(_ template: String, from object: JSONObject) -> String? {
        var text = ""
        for (index, piece) in template.split(separator: "{").enumerated() {
            guard index > 0 else {
                text += piece
                continue
            }
            let parts = piece.split(separator: "}", maxSplits: 1)
            guard let name = parts.first, let value = object[String(name)]?.string, !value.isEmpty,
                value.utf8.count <= ProviderLimits.accountIDSize,
                value.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") })
            else { return nil }
            text += value
            text += parts.count > 1 ? parts[1] : ""
        }
        return text
    }
}
