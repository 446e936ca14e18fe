import Glibc

/// One text file of the repository.
struct TreeFile {
    /// Its path below the repository's root, such as `Sources/Bytes/ASCII.swift`.
    let path: String
    /// What it holds; bytes that are not UTF-8 are replaced.
    let text: String

    /// The path's last part.
    var name: String {
        path.split(separator: "/").last.map(String.init) ?? path
    }

    /// The target that a file below `Sources` belongs to, or `nil` elsewhere.
    var module: String? {
        let parts = path.split(separator: "/")
        return parts.count >= 3 && parts[0] == "Sources" ? String(parts[1]) : nil
    }

    /// How many lines it has.
    var lineCount: Int {
        text.utf8.count(where: { $0 == UInt8(ascii: "\n") })
    }
}

/// The repository as it stands on the disk, without what git and the builds keep for themselves.
struct Tree {
    /// Every file, in the order of the paths.
    let files: [TreeFile]
    /// The names in the root folder.
    let rootNames: [String]

    /// The tree that these tests were compiled from, read once.
    static let house = Tree(root: rootPath())

    /// Reads everything below a folder.
    init(root: String) {
        rootNames = names(in: root).sorted()
        var found: [TreeFile] = []
        var folders = [""]
        while let folder = folders.popLast() {
            for name in names(in: root + "/" + folder) where !isSkipped(name) {
                let path = folder.isEmpty ? name : folder + "/" + name
                if isFolder(root + "/" + path) {
                    folders.append(path)
                } else {
                    found.append(TreeFile(path: path, text: contents(of: root + "/" + path)))
                }
            }
        }
        files = found.sorted { $0.path < $1.path }
    }

    /// The file at a path.
    func file(_ path: String) -> TreeFile? {
        files.first { $0.path == path }
    }

    /// The Swift sources of the product.
    var productSources: [TreeFile] {
        files.filter { $0.path.hasPrefix("Sources/") && $0.path.hasSuffix(".swift") }
    }

    /// The names of the folders below `Sources`: the product's targets.
    var modules: [String] {
        Set(files.compactMap(\.module)).sorted()
    }

    /// Whether a module holds more than what an unwritten one begins with: a placeholder, or the
    /// typed settings that the others compile against.
    func isWritten(_ module: String) -> Bool {
        productSources.contains {
            $0.module == module && $0.lineCount > 3
                && !$0.path.hasPrefix("Sources/Configuration/Settings/")
        }
    }
}

/// The repository's root: two folders above the one that this file stands in.
private func rootPath() -> String {
    #filePath.split(separator: "/").dropLast(3).reduce(into: "") { $0 += "/" + $1 }
}

/// Build folders, git's own folder, and the resolution that no clone shares.
private func isSkipped(_ name: String) -> Bool {
    name == ".git" || name.hasPrefix(".build") || name.hasSuffix(".swp") || name == "__pycache__"
        || name == "Package.resolved"
}

private func names(in folder: String) -> [String] {
    // SAFETY: the stream is checked, used in this function only, and closed once at its end.
    guard let stream = unsafe opendir(folder) else { return [] }
    defer { unsafe closedir(stream) }
    var result: [String] = []
    while let entry = unsafe readdir(stream) {
        // SAFETY: `d_name` ends with a zero, and the entry lives until the next `readdir`.
        let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
            unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
        if name != "." && name != ".." { result.append(name) }
    }
    return result
}

private func isFolder(_ path: String) -> Bool {
    var status = stat()
    return unsafe stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
}

private func contents(of path: String) -> String {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return "" }
    defer { _ = close(descriptor) }
    var bytes: [UInt8] = []
    var block = [UInt8](repeating: 0, count: 1 << 16)
    while true {
        let count = unsafe block.withUnsafeMutableBytes { buffer in
            unsafe read(descriptor, buffer.baseAddress, buffer.count)
        }
        guard count > 0 else { break }
        bytes.append(contentsOf: block[..<count])
    }
    return String(decoding: bytes, as: UTF8.self)
}
