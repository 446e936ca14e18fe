import CCurl
import Glibc

/// libcurl's multi handle: used by the transfer thread, woken by anyone.
///
/// SAFETY: the one escape from the checks of concurrency in this module. `curl_multi_wakeup` is the
/// single call that libcurl allows from any thread, and ``wakeUp()`` is the only method here that is
/// called from another than the transfer thread. The handle is freed with the last reference, when
/// neither the thread nor a caller can be inside a call any more.
@safe
final class CurlMulti: @unchecked Sendable {
    /// The handle; only the transfer thread touches it.
    let handle: UnsafeMutableRawPointer

    /// Makes a handle.
    ///
    /// - Throws: ``OutboundFault/internalFailure(detail:)`` where libcurl has no memory.
    init(idleConnectionMax: Int) throws(OutboundFault) {
        guard Self.isLibraryReady, let handle = unsafe curl_multi_init() else {
            throw .internalFailure(detail: "libcurl did not start")
        }
        unsafe self.handle = unsafe handle
        let kept = Int(clamping: idleConnectionMax)
        _ = unsafe gatehouse_curl_set_multi_long(handle, CURLMOPT_MAXCONNECTS, kept)
    }

    deinit {
        _ = unsafe curl_multi_cleanup(handle)
    }

    /// Ends the wait of the transfer thread, or its next one.
    ///
    /// From any thread.
    func wakeUp() {
        _ = unsafe curl_multi_wakeup(handle)
    }

    /// libcurl's own start, once for the process.
    private static let isLibraryReady = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK
}
