import Bytes
import Configuration
import JOSE
import JSON
import Outbound

/// The keys that a provider signs its ID tokens with.
struct ProviderKeys: Sendable {
    private let document: RenewedDocument<KeySet>

    /// Keys that nobody has needed yet.
    init(source: MetadataSource, tools: ProviderTools) {
        let policy = Defaults.keySetPolicy
        document = RenewedDocument(
            rules: .init(softLifetime: policy.softLifetime, staleLifetime: policy.staleLifetime),
            instant: tools.instant
        ) {
            await Self.fetch(source: source, tools: tools)
        }
    }

    /// Verifies with the keys that are held, and where a newer set could change the outcome, once
    /// more with that.
    func verify(
        _ verification: (KeySet) throws(IDTokenFault) -> IDToken
    ) async throws(ProviderFault) -> IDToken {
        let held = try await document.current()
        do throws(IDTokenFault) {
            return try verification(held.document)
        } catch {
            guard error.newerKeysMayHelp,
                let newer = await document.renewed(after: held.number)
            else { throw .broken(detail: "id_token: \(error.logDetail)") }
            return try Self.verifyAgain(verification, with: newer.document)
        }
    }

    private static func verifyAgain(
        _ verification: (KeySet) throws(IDTokenFault) -> IDToken,
        with keys: KeySet
    ) throws(ProviderFault) -> IDToken {
        do throws(IDTokenFault) {
            return try verification(keys)
        } catch {
            throw .broken(detail: "id_token: \(error.logDetail)")
        }
    }

    @concurrent
    private static func fetch(
        source: MetadataSource,
        tools: ProviderTools
    ) async -> Result<KeySet, ProviderFault> {
        do throws(ProviderFault) {
            let place = try await source.current().keySetURL
            let policy = Defaults.keySetPolicy
            let request = ProviderCalls.request(place, sizeMax: policy.fetchSize)
            let answer = try await ProviderCalls(tools: tools).ask(request, what: "key set")
            guard answer.status == 200 else {
                throw .broken(detail: "key set: \(place.url): status \(answer.status)")
            }
            return .success(try read(answer.body))
        } catch {
            return .failure(error)
        }
    }

    private static func read(_ bytes: [UInt8]) throws(ProviderFault) -> KeySet {
        let limits = JSONLimits(size: bytes.count, depth: ProviderLimits.depth)
        let keys: KeySet
        do throws(KeySetFault) {
            keys = try KeySet(parsing: bytes.span, limits: limits)
        } catch {
            throw .broken(detail: "key set: \(error)")
        }
        // An empty set must not push out one that works.
        guard !keys.isEmpty else { throw .broken(detail: "key set: no usable key") }
        return keys
    }
}
