import Configuration
import EventLoop
import Glibc

/// The golden confs of this directory, and the pretended machine that they are loaded on.
enum GoldenFiles {
    /// Where this file lies.
    static let directory: String = {
        let path = "\(#filePath)"
        return String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
    }()

    /// The top of the repository.
    static let repository = directory + "/../.."

    /// The names of the golden confs of a kind, `good` or `bad`, without their ending.
    static func names(_ kind: String) -> [String] {
        let all =
            (try? FileSystem.names(inDirectory: "\(directory)/Golden/\(kind)", limit: 1_000)) ?? []
        return all.filter { $0.hasSuffix(".conf") }.map { String($0.dropLast(5)) }.sorted()
    }

    /// The bytes of a file below `Golden`; empty where it is missing.
    static func bytes(_ path: String) -> [UInt8] {
        (try? FileSystem.read(path: "\(directory)/Golden/\(path)", limit: 1 << 20)) ?? []
    }

    /// The text of a file below `Golden`.
    static func text(_ path: String) -> String {
        String(decoding: bytes(path), as: UTF8.self)
    }

    /// The files that golden confs name; a conf called `readable-...` may be read by everyone.
    static func machine(conf: [UInt8], name: String = "gateway") -> InMemoryConfigurationFiles {
        var files = InMemoryConfigurationFiles()
        files.add("gateway.conf", conf, mode: name.hasPrefix("readable-") ? 0o644 : 0o640)
        for path in ["tls/server.crt", "tls/b.crt", "tls/backend-ca.crt", "keys/issuer.jwks.json"] {
            files.add(path, "public", mode: 0o644)
        }
        for path in ["tls/server.key", "tls/b.key", "tls/other.key", "keys/broken.json"] {
            files.add(path, "private", mode: 0o600)
        }
        files.add("tls/readable.key", "private", mode: 0o644)
        files.add("secrets/issuer.hs256", String(repeating: "s", count: 32) + "\n", mode: 0o600)
        files.add("secrets/readable", String(repeating: "s", count: 32), mode: 0o604)
        files.add("secrets/short", "short", mode: 0o600)
        files.add("secrets/github", "github-secret\n", mode: 0o600)
        files.add("secrets/sealing.key", String(repeating: "k", count: 32), mode: 0o600)
        files.add("secrets/empty", "\n", mode: 0o600)
        let parts =
            (try? FileSystem.names(inDirectory: directory + "/Golden/parts", limit: 100)) ?? []
        for part in parts {
            files.add("parts/\(part)", bytes("parts/\(part)"))
        }
        return files
    }

    /// Loads the bytes as `gateway.conf` of the pretended machine.
    static func load(_ conf: [UInt8], name: String = "gateway") -> LoadedConfiguration {
        let loader = ConfigurationLoader(
            files: machine(conf: conf, name: name),
            environment: [
                "HS256_SECRET": String(repeating: "e", count: 40), "SHORT": "e",
                "CORP_SECRET": "corp-secret", "SEALING_KEY": String(repeating: "k", count: 44),
            ],
            inspector: GoldenInspector(),
            processorCount: 4
        )
        return loader.load(path: "gateway.conf")
    }

    /// Loads text.
    static func load(_ conf: String) -> LoadedConfiguration {
        load(Array(conf.utf8))
    }

    /// Whether expectations are to be written rather than compared (`GOLDEN_UPDATE=1`).
    static var isUpdating: Bool {
        guard let value = unsafe getenv("GOLDEN_UPDATE") else { return false }
        return unsafe String(cString: value) == "1"
    }

    /// Writes an expectation.
    static func write(_ text: String, to path: String) {
        guard let file = unsafe fopen("\(directory)/Golden/\(path)", "w") else { return }
        unsafe fputs(text, file)
        unsafe fclose(file)
    }
}

/// Finds `other.key` and `broken.json` bad, and the server's certificate made for two names.
struct GoldenInspector: ConfigurationInspector {
    func certificatePairFault(certificatePath: String, keyPath: String) -> String? {
        keyPath.hasSuffix("other.key") ? "the key belongs to another certificate" : nil
    }

    func certificateNames(certificatePath: String, keyPath: String) -> [String] {
        certificatePath.hasSuffix("b.crt") ? ["a.test", "*.b.test"] : []
    }

    func keySetFault(path: String) -> String? {
        path.hasSuffix("broken.json") ? "line 1: '[' or '{' expected" : nil
    }

    func trustedCertificatesFault(path: String) -> String? { nil }
}
