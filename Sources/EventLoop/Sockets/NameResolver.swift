import CLinux
import Glibc

/// Host names to addresses, by the system's resolver.
///
/// It blocks for as long as the system's settings say: for start-up and threads of their own,
/// never for a loop.
public enum NameResolver {
    /// The addresses of `name`, each once, in the order that the system prefers.
    ///
    /// - Throws: Fault of `getaddrinfo` with its own negative code: none such, or try again.
    public static func addresses(
        of name: String,
        port: UInt16
    ) throws(SystemFault) -> [SocketAddress] {
        guard !name.utf8.contains(0) else {
            throw SystemFault(call: "getaddrinfo", code: EAI_NONAME)
        }
        let none = gatehouse_address(high: 0, low: 0, port: 0)
        var found = [gatehouse_address](repeating: none, count: addressCountMax)
        // SAFETY: the name ends in NUL and the callee writes at most as many addresses as it is told
        // that there is room for.
        let count = unsafe gatehouse_resolve(name, port, &found, Int32(addressCountMax))
        guard count >= 0 else {
            let isSystemFault = count == EAI_SYSTEM && errno > 0
            throw SystemFault(call: "getaddrinfo", code: isSystemFault ? errno : count)
        }
        var addresses: [SocketAddress] = []
        for index in 0..<Int(count) {
            let address = SocketAddress(found[index])
            if !addresses.contains(address) {
                addresses.append(address)
            }
        }
        return addresses
    }

    /// Sixty-four: more servers than one name is given in practice, and a bound on what is kept.
    private static let addressCountMax = 64
}
