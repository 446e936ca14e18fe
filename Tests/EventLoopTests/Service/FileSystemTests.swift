import Bytes
import CLinux
import Glibc
import Testing

@testable import EventLoop

@Suite
struct FileSystemTests {
    @Test
    func whatWasWrittenIsRead() throws {
        try ScratchDirectory.with { directory in
            let path = directory + "/state.json"
            try FileSystem.replace(path: path, with: [UInt8]("first".utf8), mode: 0o600)
            #expect(try FileSystem.read(path: path, limit: 5) == [UInt8]("first".utf8))
            try FileSystem.replace(path: path, with: [], mode: 0o644)
            #expect(try FileSystem.read(path: path, limit: 0).isEmpty)
            #expect(try FileSystem.status(of: path).mode == 0o644)
            #expect(try FileSystem.names(inDirectory: directory, limit: 10) == ["state.json"])
        }
    }

    @Test
    func longFilesAreReadWholeAndTooLongOnesAreNot() throws {
        try ScratchDirectory.with { directory in
            let path = directory + "/long"
            let bytes = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
            try FileSystem.replace(path: path, with: bytes, mode: 0o600)
            #expect(try FileSystem.read(path: path, limit: bytes.count) == bytes)
            #expect(throws: SystemFault(call: "read", code: EFBIG)) {
                _ = try FileSystem.read(path: path, limit: bytes.count - 1)
            }
            // A file without a size of its own, and without an end.
            #expect(throws: SystemFault(call: "read", code: EFBIG)) {
                _ = try FileSystem.read(path: "/dev/zero", limit: 1_000)
            }
        }
    }

    @Test
    func faultsSayWhy() throws {
        try ScratchDirectory.with { directory in
            #expect(throws: SystemFault(call: "open", code: ENOENT)) {
                _ = try FileSystem.read(path: directory + "/none", limit: 1)
            }
            #expect(throws: SystemFault(call: "read", code: EISDIR)) {
                _ = try FileSystem.read(path: directory, limit: 1)
            }
            #expect(throws: SystemFault(call: "stat", code: ENOENT)) {
                _ = try FileSystem.status(of: directory + "/none")
            }
            #expect(throws: SystemFault(call: "open", code: EINVAL)) {
                _ = try FileSystem.read(path: directory + "\u{0}/none", limit: 1)
            }
            #expect(throws: SystemFault(call: "open", code: ENOENT)) {
                try FileSystem.replace(path: directory + "/none/x", with: [1], mode: 0o600)
            }
        }
    }

    @Test
    func aReplacementThatFailsLeavesNothingBehind() throws {
        try ScratchDirectory.with { directory in
            // A directory cannot be renamed over.
            let path = directory + "/taken"
            try FileSystem.makeDirectory(path: path + "/inside")
            let fault = #expect(throws: SystemFault.self) {
                try FileSystem.replace(path: path, with: [1], mode: 0o600)
            }
            #expect(fault?.call == "rename")
            #expect(try FileSystem.names(inDirectory: directory, limit: 10) == ["taken"])
        }
    }

    @Test
    func everyTouchIsSeen() throws {
        try ScratchDirectory.with { directory in
            let path = directory + "/file"
            try FileSystem.replace(path: path, with: [1], mode: 0o600)
            let first = try FileSystem.status(of: path)
            #expect(try FileSystem.status(of: path) == first)
            #expect(first.isRegularFile && !first.isDirectory && first.size == 1)
            #expect(!first.isWorldReadable && first.owner == getuid())
            // The same bytes in another file.
            try FileSystem.replace(path: path, with: [1], mode: 0o600)
            #expect(try FileSystem.status(of: path) != first)
            let second = try FileSystem.status(of: path)
            #expect(unsafe chmod(path, 0o604) == 0)
            let third = try FileSystem.status(of: path)
            #expect(third != second && third.isWorldReadable)
            let status = try FileSystem.status(of: directory)
            #expect(status.isDirectory && !status.isRegularFile)
        }
    }

    @Test
    func directoriesAreMadeWithThoseAboveThem() throws {
        try ScratchDirectory.with { directory in
            let path = directory + "/a/b//c/"
            try FileSystem.makeDirectory(path: path, mode: 0o700)
            try FileSystem.makeDirectory(path: path, mode: 0o755)
            #expect(try FileSystem.status(of: path).mode == 0o700)
            #expect(try FileSystem.status(of: directory + "/a").mode == 0o700)
            try FileSystem.replace(path: directory + "/file", with: [], mode: 0o600)
            #expect(throws: SystemFault(call: "mkdir", code: ENOTDIR)) {
                try FileSystem.makeDirectory(path: directory + "/file")
            }
            #expect(throws: SystemFault(call: "mkdir", code: ENOENT)) {
                try FileSystem.makeDirectory(path: "")
            }
        }
    }

    @Test(
        arguments: [
            ("a", "."), ("a/b", "a"), ("/a", "/"), ("/a/b", "/a"), ("/a/b/", "/a"), ("a//b", "a"),
            ("/", "/"), ("//", "/"), ("", "."), ("./a", "."),
        ]
    )
    func theDirectoryOfAPathIsItsPartBeforeTheName(path: String, directory: String) {
        #expect(FileSystem.directoryName(of: path) == directory)
    }

    @Test
    func removedFilesAreGone() throws {
        try ScratchDirectory.with { directory in
            let path = directory + "/file"
            try FileSystem.replace(path: path, with: [1], mode: 0o600)
            try FileSystem.remove(path: path)
            try FileSystem.remove(path: path)
            #expect(try FileSystem.names(inDirectory: directory, limit: 10).isEmpty)
            #expect(throws: SystemFault.self) { try FileSystem.remove(path: directory) }
        }
    }

    @Test
    func namesAreSortedAndBounded() throws {
        try ScratchDirectory.with { directory in
            for name in ["b", "a", "c", ".hidden"] {
                try FileSystem.replace(path: directory + "/" + name, with: [], mode: 0o600)
            }
            #expect(
                try FileSystem.names(inDirectory: directory, limit: 4) == [
                    ".hidden", "a", "b", "c",
                ]
            )
            #expect(throws: SystemFault(call: "readdir", code: EFBIG)) {
                _ = try FileSystem.names(inDirectory: directory, limit: 3)
            }
            #expect(throws: SystemFault(call: "opendir", code: ENOENT)) {
                _ = try FileSystem.names(inDirectory: directory + "/none", limit: 3)
            }
        }
    }

    @Test
    func aReaderFollowsAFileThatGrows() throws {
        try ScratchDirectory.with { directory in
            let path = directory + "/log"
            try FileSystem.replace(path: path, with: [1, 2, 3], mode: 0o600)
            var reader = try FileReader(path: path)
            var buffer = ByteBuffer(capacity: 4)
            #expect(try reader.read(into: &buffer, atMost: 2) == 2)
            #expect(try reader.read(into: &buffer, atMost: 2) == 1)
            #expect(try reader.read(into: &buffer, atMost: 2) == 0)
            let writer = try FileDescriptor(path: path, flags: O_WRONLY | O_APPEND)
            try FileSystem.write([4].span, to: writer.rawValue)
            #expect(try reader.read(into: &buffer, atMost: 2) == 1)
            #expect(buffer.bytes.copied() == [1, 2, 3, 4])
            #expect(try reader.status() == FileSystem.status(of: path))
            // Another file of the same name is another file.
            try FileSystem.replace(path: path, with: [9], mode: 0o600)
            #expect(try reader.status().inode != FileSystem.status(of: path).inode)
        }
    }

    @Test
    func theProcessKnowsWhereItIs() throws {
        let directory = try FileSystem.currentDirectory()
        #expect(directory.hasPrefix("/"))
        #expect(
            try FileSystem.status(of: directory).inode == FileSystem.status(of: ".").inode
        )
        #expect(ProcessEnvironment.value(of: "PATH") != nil)
        #expect(ProcessEnvironment.value(of: "GATEHOUSE_IS_NOT_SET") == nil)
        #expect(ProcessEnvironment.processID == getpid())
    }

    @Test
    func theDescriptorLimitIsTheHardOne() throws {
        let limit = try FileSystem.raiseDescriptorLimit()
        #expect(limit > 0)
        #expect(try FileSystem.raiseDescriptorLimit() == limit)
    }
}
