import Bytes
import JSON

/// What the form that asks whether to sign out carries: what is to happen, sealed, for one browser.
///
/// Nobody else can make one, so that it is also what proves that the form was ours.
struct SignOutTicket: Sendable, Equatable {
    /// The hash of the browser's session.
    var browser: [UInt8]
    /// The application that asks, or `nil`.
    var clientID: String?
    /// Where the browser goes afterwards, checked; with its `state`.
    var location: String?
    /// Milliseconds since 1970.
    var madeAt: Int64

    /// The ticket as the form has it.
    func text(_ context: ServerContext) -> String {
        var object: JSONObject = [
            "browser": .string(Self.encoded(browser)), "made": .integer(madeAt),
        ]
        object["client"] = clientID.map { .string($0) }
        object["location"] = location.map { .string($0) }
        return Self.encoded(context.seal(object, for: .signOut))
    }

    /// The ticket that a form brought back, for the browser that has it.
    init?(_ text: String, browser: [UInt8], _ context: ServerContext) {
        let bytes = [UInt8](text.utf8)
        guard let sealed = Base64URL.decode(bytes.span),
            let object = context.open(sealed, for: .signOut),
            let madeAt = object["made"]?.integer, context.now - madeAt < Self.lifetime,
            let given = object["browser"]?.string, given == Self.encoded(browser)
        else { return nil }
        self.browser = browser
        self.madeAt = madeAt
        clientID = object["client"]?.string
        location = object["location"]?.string
    }

    init(browser: [UInt8], clientID: String?, location: String?, madeAt: Int64) {
        self.browser = browser
        self.clientID = clientID
        self.location = location
        self.madeAt = madeAt
    }

    private static func encoded(_ bytes: [UInt8]) -> String {
        Base64URL.encode(bytes.span).span.text()
    }

    /// Ten minutes in milliseconds: a question that is older is asked again.
    private static let lifetime: Int64 = 600_000
}
