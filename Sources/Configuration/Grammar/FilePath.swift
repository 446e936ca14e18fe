/// Paths as text: joined and tidied, never looked up.
enum FilePath {
    /// `path` from the root, without `.`, and without `..` where there is something to take away.
    static func absolute(_ path: String, from directory: String) -> String {
        let whole = path.hasPrefix("/") ? path : directory + "/" + path
        var parts: [Substring] = []
        for part in whole.split(separator: "/") where part != "." {
            if part == ".." {
                _ = parts.popLast()
            } else {
                parts.append(part)
            }
        }
        return "/" + parts.joined(separator: "/")
    }

    /// The directory that the file lies in; empty where the path names none.
    static func directory(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "" }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// `path` below `directory`, or `path` itself where it begins at the root.
    static func joined(_ directory: String, _ path: String) -> String {
        if path.hasPrefix("/") || directory.isEmpty { return path }
        return directory.hasSuffix("/") ? directory + path : directory + "/" + path
    }
}

/// `*` and `?` in the paths of includes.
enum PathPattern {
    /// Whether the path stands for what it matches rather than for itself.
    static func isPattern(_ path: String) -> Bool {
        path.utf8.contains { $0 == UInt8(ascii: "*") || $0 == UInt8(ascii: "?") }
    }

    /// The files that `pattern`, an absolute path, matches, in the order of their names.
    static func expand(
        _ pattern: String,
        files: any ConfigurationFiles,
        countMax: Int
    ) -> [String] {
        var found = ["/"]
        let parts = pattern.split(separator: "/").map(String.init)
        for (index, part) in parts.enumerated() {
            var next: [String] = []
            for directory in found {
                guard isPattern(part) else {
                    next.append(FilePath.joined(directory, part))
                    continue
                }
                for name in files.names(inDirectory: directory).sorted()
                where matches(name, pattern: part) && next.count < countMax {
                    next.append(FilePath.joined(directory, name))
                }
            }
            found = next
            let isLast = index == parts.count - 1
            found.removeAll { path in
                guard let facts = files.facts(of: path) else { return true }
                return facts.isDirectory == isLast
            }
        }
        return found
    }

    /// Whether `name` fits one part of a pattern, in which a leading dot must be written.
    ///
    /// Cost: the product of both lengths at worst.
    static func matches(_ name: String, pattern: String) -> Bool {
        let text = Array(name.utf8)
        let wanted = Array(pattern.utf8)
        if text.first == UInt8(ascii: "."), wanted.first != UInt8(ascii: ".") { return false }
        var textIndex = 0
        var wantedIndex = 0
        var star: (wanted: Int, text: Int)?
        while textIndex < text.count {
            if wantedIndex < wanted.count, wanted[wantedIndex] == UInt8(ascii: "*") {
                star = (wantedIndex, textIndex)
                wantedIndex += 1
            } else if wantedIndex < wanted.count,
                wanted[wantedIndex] == text[textIndex] || wanted[wantedIndex] == UInt8(ascii: "?")
            {
                wantedIndex += 1
                textIndex += 1
            } else if let last = star {
                star = (last.wanted, last.text + 1)
                wantedIndex = last.wanted + 1
                textIndex = last.text + 1
            } else {
                return false
            }
        }
        return wanted[wantedIndex...].allSatisfy { $0 == UInt8(ascii: "*") }
    }
}
