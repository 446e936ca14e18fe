import CNghttp2

// SAFETY, of every `unsafe` in this file: the views point into the bytes of a list that is lent for the
// length of the call that sees them, and are forgotten at the next.

/// Lists of fields as libnghttp2 wants to see them; the memory is kept from call to call.
@safe
internal struct HTTP2FieldViews {
    private var views: [nghttp2_nv] = unsafe []

    /// Shows a list of fields to libnghttp2.
    internal mutating func show(
        _ list: borrowing HTTP2FieldList,
        to submit: (UnsafePointer<nghttp2_nv>?, Int) -> Int32
    ) -> Int32 {
        let bytes = list.bytes
        let places = list.places
        return unsafe bytes.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return 0 }
            let start = unsafe UnsafeMutablePointer(mutating: base)
            unsafe views.removeAll(keepingCapacity: true)
            for place in places {
                let flag = place.isNeverIndexed ? NGHTTP2_NV_FLAG_NO_INDEX : NGHTTP2_NV_FLAG_NONE
                unsafe views.append(
                    nghttp2_nv(
                        name: start + place.start,
                        value: start + place.valueStart,
                        namelen: place.valueStart - place.start,
                        valuelen: place.end - place.valueStart,
                        flags: UInt8(truncatingIfNeeded: flag.rawValue)
                    )
                )
            }
            return unsafe views.withUnsafeBufferPointer { shown in
                unsafe submit(shown.baseAddress, shown.count)
            }
        }
    }
}
