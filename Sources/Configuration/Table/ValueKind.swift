/// What may stand as an argument.
///
/// Each kind says in one place what is wrong with a word; the conversions themselves are in
/// ``ConfigurationValue``, and are the ones that the settings are built with.
enum ValueKind: Sendable {
    case address
    case addressOrOff
    case algorithm
    case balance
    case choice([String])
    case claimName
    case claimValue
    case clientID
    case cookieName
    case destination
    case destinationOrOff
    case duration(ClosedRange<Duration>)
    case durationOrOff(ClosedRange<Duration>)
    case fieldName
    case fieldValue
    case healthPath
    case hostHeader
    case hostNames
    case issuerName
    case listenerProtocol
    case method
    case network
    case number(ClosedRange<Int>)
    case numberOr(String, ClosedRange<Int>)
    case origin
    case path
    case publishableKey
    case redirectURI
    case routePath
    case scope
    case scopeName
    case sealingKey
    case secret
    case secretHash
    case segment
    case server
    case serverURL
    case size(ClosedRange<Int>)
    case sizeOrOff(ClosedRange<Int>)
    case status
    case text(countMax: Int)
    case tokenType
    case trustedDomain
    case upstreamName
    case url

    /// The words that may stand in place of a value of the kind.
    var keywords: [String] {
        switch self {
        case .addressOrOff, .destinationOrOff, .durationOrOff, .sizeOrOff, .origin: ["off"]
        case .algorithm: Algorithms.known
        case .balance: ["round_robin", "least_conn", "hash(sub)"]
        case .choice(let words): words
        case .listenerProtocol: ListenerProtocol.allCases.map(\.rawValue)
        case .numberOr(let word, _): [word]
        default: []
        }
    }

    /// Whether a value of the kind may not be shown.
    var isSecret: Bool {
        switch self {
        case .publishableKey, .sealingKey, .secret, .secretHash: true
        default: false
        }
    }

    /// What the reference writes for a value of the kind where it has no better name.
    var placeholder: String {
        switch self {
        case .duration, .durationOrOff: "DURATION"
        case .number, .numberOr: "N"
        case .size, .sizeOrOff: "SIZE"
        case .segment: "ID"
        case .hostNames: "HOST[,HOST...]"
        case .claimName: "CLAIM"
        case .text: "TEXT"
        default: "VALUE"
        }
    }

    /// What may be written, for the reference: `off|SIZE`.
    func syntax(named name: String) -> String {
        switch self {
        case .algorithm, .balance, .choice, .listenerProtocol: keywords.joined(separator: "|")
        case .origin: "off|\(name)"
        default: (keywords + [name]).joined(separator: "|")
        }
    }

    /// What is wrong with the word, or `nil`.
    func fault(of argument: Argument) -> ValueFault? {
        if let text = argument.text {
            return fault(ofWord: argument.word, text)
        }
        switch self {
        case .balance: return balanceFault(argument)
        case .scope: return scopeFault(argument)
        default:
            let shown = isSecret ? "this" : "`\(argument.word.text)(...)`"
            return ValueFault(
                "\(shown) has no meaning here",
                hint: "quote a word that has parentheses in it"
            )
        }
    }

    private func fault(ofWord word: Word, _ text: String) -> ValueFault? {
        if let keyword = word.keyword, isAlternative(keyword) { return nil }
        switch self {
        case .algorithm, .balance, .choice, .listenerProtocol: return keywordFault(text)
        case .number, .numberOr, .duration, .durationOrOff, .size, .sizeOrOff, .status:
            return quantityFault(word)
        case .address, .addressOrOff, .network, .server, .url, .origin, .hostNames, .hostHeader,
            .issuerName:
            return placeFault(text)
        case .clientID, .publishableKey, .redirectURI, .sealingKey, .secretHash, .segment,
            .serverURL, .trustedDomain:
            return registrationFault(text)
        case .claimName, .claimValue: return claimFault(word)
        default: return nameFault(text)
        }
    }

    /// Whether the word stands in place of a value of the kind.
    private func isAlternative(_ keyword: String) -> Bool {
        switch self {
        case .balance: keyword == "round_robin" || keyword == "least_conn"
        default: keywords.contains(keyword)
        }
    }

    private func keywordFault(_ text: String) -> ValueFault {
        let shown = text.isEmpty ? "an empty word" : "`\(text)`"
        if case .algorithm = self, text.lowercased() == "none" {
            return ValueFault(
                "`none` is never accepted",
                hint:
                    "an unsigned token proves nothing; name the algorithms that the issuer signs by"
            )
        }
        if case .listenerProtocol = self { return Self.protocolFault(text) }
        let list = keywords.map { "`\($0)`" }.joined(separator: ", ")
        if let meant = Spelling.suggestion(for: text, among: keywords) {
            return ValueFault("\(shown) is none of \(list)", hint: "did you mean `\(meant)`?")
        }
        return ValueFault("\(shown) is none of \(list)", hint: nil)
    }
}

/// What is wrong with a value, and what to write instead.
struct ValueFault {
    let message: String
    let hint: String?

    init(_ message: String, hint: String?) {
        self.message = message
        self.hint = hint
    }
}

/// The signature algorithms that a conf may name.
enum Algorithms {
    /// All of them, by their JOSE names (RFC 7518 §3.1, RFC 8037 §3.1).
    static let known = [
        "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA",
        sharedSecret,
    ]

    /// The one that needs a secret, and that a secret admits nothing beside.
    static let sharedSecret = "HS256"
}
