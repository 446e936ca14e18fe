import Foundation

/// A program that runs to its end.
struct Command {
    /// Its exit code.
    let code: Int32
    /// What it said on standard output.
    let output: String
    /// What it said on standard error.
    let errors: String

    /// Where a program is, or `nil`.
    static func find(_ name: String) -> String? {
        ["/usr/bin", "/usr/sbin", "/usr/local/bin", "/bin", "/sbin"].map { "\($0)/\(name)" }
            .first { FileManager.default.isExecutableFile(atPath: $0) }
    }

    /// Runs a program.
    static func run(_ path: String, _ arguments: [String], in folder: String) throws -> Command {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        process.currentDirectoryURL = URL(fileURLWithPath: folder)
        let unique = UUID().uuidString
        let outputPath = "\(folder)/\(unique).out"
        let errorPath = "\(folder)/\(unique).err"
        for path in [outputPath, errorPath] {
            _ = FileManager.default.createFile(atPath: path, contents: nil)
        }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle(forWritingAtPath: outputPath)
        process.standardError = FileHandle(forWritingAtPath: errorPath)
        try process.run()
        process.waitUntilExit()
        return Command(
            code: process.terminationStatus,
            output: read(outputPath),
            errors: read(errorPath)
        )
    }

    /// The text of a file; empty where there is none.
    static func read(_ path: String) -> String {
        String(decoding: FileManager.default.contents(atPath: path) ?? Data(), as: UTF8.self)
    }
}
