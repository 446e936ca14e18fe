import Access
import Bytes
import Configuration
import EventLoop
import HTTP
import JOSE
import JSON

/// `gatehouse explain`: what the gateway would decide on a request, with each check that it makes, by
/// the code that the gateway itself runs.
public enum ExplainCommand {
    /// A request to explain.
    public struct Question: Sendable {
        /// The conf.
        public var configurationPath: String
        /// The method, upper case.
        public var method: String
        /// The path, with or without a query.
        public var path: String
        /// The host asked for.
        public var host: String
        /// A file with the token, or `nil` for a request without one.
        public var tokenPath: String?
        /// Keys for issuers whose keys are fetched, or `nil` for the set saved last.
        public var keySetPath: String?

        /// Names every part.
        public init(
            configurationPath: String,
            method: String,
            path: String,
            host: String,
            tokenPath: String?,
            keySetPath: String?
        ) {
            self.configurationPath = configurationPath
            self.method = method
            self.path = path
            self.host = host
            self.tokenPath = tokenPath
            self.keySetPath = keySetPath
        }
    }

    /// Explains, and prints it.
    ///
    /// - Returns: The exit code: 0 where the request would be let through, else 1.
    public static func run(_ question: Question) async -> Int32 {
        let loaded = ConfigurationSource(path: question.configurationPath).loadWithDiagnostics()
        guard let settings = loaded.settings else {
            for diagnostic in loaded.diagnostics where diagnostic.severity == .error {
                Console.writeError(diagnostic.rendered())
            }
            return 1
        }
        do throws(StartFault) {
            let token = try question.tokenPath.map(readToken)
            let keys = try OfflineKeys(question.keySetPath, settings)
            var explanation = Explanation(settings, try await keys.issuers(settings), question)
            let isAllowed = try explanation.explain(token)
            return isAllowed ? 0 : 1
        } catch {
            Console.writeError("gatehouse: \(error.message)")
            return 1
        }
    }

    private static func readToken(_ path: String) throws(StartFault) -> [UInt8] {
        do throws(SystemFault) {
            let bytes = try FileSystem.read(path: path, limit: 65_536)
            let text = bytes.span.trimmingBlanks().text()
            let line = text.split(whereSeparator: \.isWhitespace)
            // `Bearer TOKEN`, as copied from a header, is understood too.
            return Array((line.last ?? "").utf8)
        } catch {
            throw StartFault("\(path): \(error)")
        }
    }
}

/// The keys that can be had without asking anybody: files, secrets, and the sets saved last.
struct OfflineKeys {
    private let given: KeySet?

    init(_ path: String?, _ settings: Settings) throws(StartFault) {
        guard let path else {
            given = nil
            return
        }
        given = try Self.read(path)
    }

    func issuers(_ settings: Settings) async throws(StartFault) -> [Issuer] {
        var issuers: [Issuer] = []
        for issuer in settings.issuers {
            issuers.append(
                Issuer(issuer, keySet: try await keySet(issuer, settings), generation: 1)
            )
        }
        return issuers
    }

    private func keySet(
        _ issuer: IssuerSettings,
        _ settings: Settings
    ) async throws(StartFault) -> KeySet? {
        switch issuer.keys {
        case .file(let path): return try Self.read(path)
        case .own: return given
        case .secret(let secret): return try? KeySet(secret: secret.bytes)
        case .discovery, .url:
            if let given { return given }
            return await Self.saved(issuer, settings)
        }
    }

    /// The set that the gateway saved last, or `nil` where there is none to be trusted.
    private static func saved(_ issuer: IssuerSettings, _ settings: Settings) async -> KeySet? {
        let archive = KeySetArchive(stateDirectory: settings.stateDirectory)
        let saved = try? await archive.load(
            issuer: issuer.identifier,
            source: issuer.keySourceText,
            sizeMax: issuer.keySetPolicy.fetchSize
        )
        guard let keys = saved?.keys else { return nil }
        let limits = JSONLimits(size: issuer.keySetPolicy.fetchSize, depth: 8)
        return try? KeySet(parsing: keys.span, limits: limits)
    }

    private static func read(_ path: String) throws(StartFault) -> KeySet {
        do {
            let size = Defaults.keySetPolicy.fetchSize
            let bytes = try FileSystem.read(path: path, limit: size)
            return try KeySet(parsing: bytes.span, limits: JSONLimits(size: size, depth: 8))
        } catch {
            throw StartFault("\(path): \(error)")
        }
    }
}
