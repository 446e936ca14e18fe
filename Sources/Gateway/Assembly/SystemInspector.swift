import Configuration
import EventLoop
import JOSE
import JSON
import TLS

/// Looks into the certificates and key sets that a conf names.
struct SystemInspector: ConfigurationInspector {
    func certificatePairFault(certificatePath: String, keyPath: String) -> String? {
        do throws(TLSFault) {
            _ = try TLSIdentity(certificatePath: certificatePath, keyPath: keyPath)
            return nil
        } catch {
            return "\(error)"
        }
    }

    func certificateNames(certificatePath: String, keyPath: String) -> [String] {
        do throws(TLSFault) {
            return try TLSIdentity(certificatePath: certificatePath, keyPath: keyPath).names
        } catch {
            // What is wrong with the pair is said by `certificatePairFault`.
            return []
        }
    }

    func keySetFault(path: String) -> String? {
        do {
            let bytes = try FileSystem.read(path: path, limit: Defaults.keySetPolicy.fetchSize)
            let keySet = try KeySet(
                parsing: bytes.span,
                limits: JSONLimits(size: Defaults.keySetPolicy.fetchSize, depth: 8)
            )
            return keySet.isEmpty ? "it holds no usable key" : nil
        } catch {
            return "\(error)"
        }
    }

    func trustedCertificatesFault(path: String) -> String? {
        do throws(TLSFault) {
            _ = try TLSClientContext(trustedCertificatesPath: path)
            return nil
        } catch {
            return "\(error)"
        }
    }
}
