import CLinux
import Glibc

/// What the system says about a file: equal for as long as the file was not touched.
public struct FileStatus: Hashable, Sendable {
    /// The number of bytes.
    public let size: Int64
    /// When the contents last changed.
    public let modificationTime: WallTime
    /// When the contents, the owner or the permissions last changed; cannot be set by hand.
    public let changeTime: WallTime
    /// The permissions, the lowest twelve bits.
    public let mode: UInt32
    /// The number of the user who owns it.
    public let owner: UInt32
    /// Whether it is a directory.
    public let isDirectory: Bool
    /// Whether it is a plain file: no directory, device or pipe.
    public let isRegularFile: Bool
    /// The file's number on its device.
    public let inode: UInt64
    /// The device's number.
    public let device: UInt64

    /// Whether others than the owner and the group may read it.
    public var isWorldReadable: Bool { mode & 0o004 != 0 }

    /// Takes over what the system wrote.
    init(_ system: gatehouse_status) {
        size = system.size
        modificationTime = Self.time(system.modified_seconds, system.modified_nanoseconds)
        changeTime = Self.time(system.changed_seconds, system.changed_nanoseconds)
        mode = system.mode & 0o7777
        owner = system.owner
        isDirectory = system.mode & S_IFMT == S_IFDIR
        isRegularFile = system.mode & S_IFMT == S_IFREG
        inode = system.inode
        device = system.device
    }

    private static func time(_ seconds: Int64, _ nanoseconds: Int64) -> WallTime {
        // A file may claim any time: one beyond the year 2262 is all the same to us.
        let (whole, tooLarge) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, overflow) = whole.addingReportingOverflow(nanoseconds)
        return WallTime(nanosecondsSince1970: tooLarge || overflow ? .max : sum)
    }
}
