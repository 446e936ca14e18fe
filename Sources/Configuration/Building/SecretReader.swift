/// Reads secrets: written out, in a file, or in the environment.
struct SecretReader {
    private let ground: BuildGround

    /// Prepares to read.
    init(ground: BuildGround) {
        self.ground = ground
    }

    /// The bytes of `TEXT`, `file:PATH` or `env:NAME`, or `nil` after a fault was noted.
    func bytes(_ text: String, _ argument: Argument) -> [UInt8]? {
        if !argument.word.isQuoted, text.hasPrefix("file:") {
            return fileBytes(String(text.dropFirst("file:".count)), argument)
        }
        if !argument.word.isQuoted, text.hasPrefix("env:") {
            return environmentBytes(String(text.dropFirst("env:".count)), argument)
        }
        let file = ground.findings.files[argument.span.file]
        if file.isWorldReadable {
            ground.findings.warning(
                "everyone on this machine may read the secret in this file",
                at: argument.span,
                hint: "chmod 600 \(file.shownPath), or write file:PATH or env:NAME"
            )
        }
        return Array(text.utf8)
    }

    /// The bytes of a variable, or `nil` after a fault was noted.
    func environmentBytes(_ name: String, _ argument: Argument) -> [UInt8]? {
        guard let value = ground.environment[name] else {
            ground.findings.error(
                "the environment has no variable `\(name)`",
                at: argument.span,
                hint: "under systemd: Environment= or EnvironmentFile= of the unit"
            )
            return nil
        }
        return Array(value.utf8)
    }

    private func fileBytes(_ text: String, _ argument: Argument) -> [UInt8]? {
        guard let path = ground.existingFile(text, at: argument.span) else { return nil }
        ground.warnIfWorldReadable(path, holding: "the secret", at: argument.span)
        do throws(FileFault) {
            var bytes = try ground.files.read(path, sizeMax: Defaults.secretSizeMax)
            if bytes.last == 0x0A { bytes.removeLast() }
            if bytes.last == 0x0D { bytes.removeLast() }
            return bytes
        } catch {
            ground.findings.error("cannot read \(path): \(error.reason)", at: argument.span)
            return nil
        }
    }
}
