import Glibc
import JSON

/// The vectors of other projects, which lie beside the repository and not in it.
enum Vectors {
    /// The folder, or `nil` where it is not there.
    static let folder: String? = {
        let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let places = ["/\(root)/../shared/vectors", "/work/shared/vectors"]
        return places.first { unsafe access("\($0)/jws_wycheproof.json", R_OK) == 0 }
    }()

    /// Why a test that needs the folder is skipped.
    static let reason = "../shared/vectors is not beside the repository"

    /// One of the files.
    static func read(_ name: String) throws -> JSONObject {
        let bytes = try contents(of: "\(folder ?? "")/\(name)")
        let limits = JSONLimits(size: 1 << 22, depth: 16)
        guard case .object(let object) = try JSONValue.parse(bytes.span, limits: limits) else {
            throw JSONFault.syntax
        }
        return object
    }

    private static func contents(of path: String) throws -> [UInt8] {
        // SAFETY: the stream is ours and closed once; `fread` is told the room that there is.
        guard let stream = unsafe fopen(path, "r") else { throw JSONFault.truncated }
        defer { unsafe fclose(stream) }
        var bytes: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = unsafe fread(&block, 1, block.count, stream)
            guard count > 0 else { return bytes }
            bytes += block.prefix(count)
        }
    }
}
