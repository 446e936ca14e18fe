import COpenSSL
import Glibc

/// What people want to know of a certificate.
internal struct CertificateFacts {
    /// Host names in lower case and addresses as text, from `subjectAltName`.
    internal let names: [String]
    /// `notBefore` in seconds since 1970.
    internal let start: Int64
    /// `notAfter` in seconds since 1970.
    internal let expiry: Int64
    /// The subject as RFC 4514 text.
    internal let subject: String

    /// Reads the facts of `certificate`.
    internal init(_ certificate: SharedHandle) {
        clearLibraryErrors()
        // SAFETY: the times and the name are parts of the certificate, which the argument holds.
        start = unsafe Self.seconds(X509_get0_notBefore(certificate.raw))
        expiry = unsafe Self.seconds(X509_get0_notAfter(certificate.raw))
        subject = Self.subject(of: certificate)
        names = Self.names(of: certificate)
        ERR_clear_error()
    }

    private static func seconds(_ time: UnsafePointer<ASN1_TIME>?) -> Int64 {
        // SAFETY: `parts` lives for both calls; no text of it is read.
        var parts = unsafe tm()
        guard let time = unsafe time, unsafe ASN1_TIME_to_tm(time, &parts) == 1 else { return 0 }
        return unsafe Int64(timegm(&parts))
    }

    private static func subject(of certificate: SharedHandle) -> String {
        guard let text = MemoryBIO() else { return "" }
        // SAFETY: the name is part of the certificate, which the argument holds.
        let name = unsafe X509_get_subject_name(certificate.raw)
        guard unsafe X509_NAME_print_ex(text.raw, name, 0, gatehouse_tls_subject_flags) >= 0 else {
            return ""
        }
        return String(decoding: text.takeAll(), as: UTF8.self)
    }

    private static func names(of certificate: SharedHandle) -> [String] {
        // SAFETY: the list is ours until it is freed; its parts are read while it lives.
        guard
            let list = unsafe X509_get_ext_d2i(certificate.raw, NID_subject_alt_name, nil, nil)
        else {
            return []
        }
        let names = OpaquePointer(list)
        defer { unsafe gatehouse_tls_free_names(names) }
        var texts: [String] = []
        for index in 0..<max(0, unsafe gatehouse_tls_count_names(names)) {
            var kind: Int32 = 0
            guard
                let name = unsafe gatehouse_tls_name_at(names, index),
                let value = unsafe GENERAL_NAME_get0_value(name, &kind)
            else {
                continue
            }
            // SAFETY: every kind asked for below is an ASN.1 string.
            guard kind == GEN_DNS || kind == GEN_IPADD else { continue }
            let bytes = unsafe bytes(of: value.assumingMemoryBound(to: ASN1_STRING.self))
            if let text = kind == GEN_DNS ? hostName(bytes) : address(bytes) {
                texts.append(text)
            }
        }
        return texts
    }

    private static func bytes(of string: UnsafePointer<ASN1_STRING>) -> [UInt8] {
        let count = unsafe Int(ASN1_STRING_length(string))
        // SAFETY: the string says how many bytes it has, and lives for the call.
        guard count > 0, let start = unsafe ASN1_STRING_get0_data(string) else { return [] }
        return unsafe [UInt8](UnsafeBufferPointer(start: start, count: count))
    }

    /// A host name is visible ASCII; anything else could never match a server name.
    private static func hostName(_ bytes: [UInt8]) -> String? {
        guard !bytes.isEmpty, bytes.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { return nil }
        return String(decoding: bytes, as: UTF8.self).lowercased()
    }

    private static func address(_ bytes: [UInt8]) -> String? {
        let family: Int32
        switch bytes.count {
        case 4: family = AF_INET
        case 16: family = AF_INET6
        default: return nil
        }
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        // SAFETY: the family says how many bytes are read; the result fits the longest text.
        let written = unsafe bytes.withUnsafeBytes { source in
            unsafe text.withUnsafeMutableBufferPointer { free in
                unsafe inet_ntop(
                    family,
                    source.baseAddress,
                    free.baseAddress,
                    socklen_t(free.count)
                )
                    != nil
            }
        }
        guard written else { return nil }
        return String(
            decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)),
            as: UTF8.self
        )
    }
}
