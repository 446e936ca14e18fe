import Bytes
import EventLoop
import HTTP

/// A legacy back end: it knows nothing of tokens, and shows the request that reached it.
struct SampleBackEnd: SmallResponder {
    func answer(_ head: RequestHead) -> SmallResponse {
        var text = "The back end received:\n\n"
        text += "\(head.methodBytes.text()) \(head.target.text())\n"
        let fields = head.fields
        for index in 0..<fields.count {
            text += "\(fields.name(at: index).text()): \(fields.value(at: index).text())\n"
        }
        return SmallResponse(200, text: text)
    }
}
