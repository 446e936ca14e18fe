import Access
import JSON

extension ControlResponse {
    /// A JSON answer that nobody may keep.
    static func json(
        _ object: JSONObject,
        status: Int = 200,
        fields: [ControlField] = [],
        note: ControlNote = ControlNote()
    ) -> ControlResponse {
        var body: [UInt8] = []
        object.write(into: &body)
        return ControlResponse(
            status: status,
            fields: [ControlField("content-type", "application/json; charset=utf-8")] + fields,
            body: body,
            note: note
        )
    }

    /// A sentence in plain text.
    static func text(
        _ sentence: String,
        status: Int,
        fields: [ControlField] = [],
        note: ControlNote = ControlNote()
    ) -> ControlResponse {
        ControlResponse(
            status: status,
            fields: [ControlField("content-type", "text/plain; charset=utf-8")] + fields,
            body: Array(sentence.utf8),
            note: note
        )
    }

    /// Sends the client elsewhere.
    static func redirect(
        to location: String,
        status: Int,
        fields: [ControlField] = [],
        note: ControlNote = ControlNote()
    ) -> ControlResponse {
        ControlResponse(
            status: status,
            fields: [ControlField("location", location)] + fields,
            note: note
        )
    }

    /// The same with further fields; where one stands already, it stays.
    func adding(_ fields: [ControlField]) -> ControlResponse {
        var response = self
        for field in fields
        where field.name == "set-cookie" || !self.fields.contains(where: { $0.name == field.name })
        {
            response.fields.append(field)
        }
        return response
    }
}

extension ControlRequest {
    /// Whether a person's browser asks: then an error is a page, else it is what programs read.
    var isNavigation: Bool {
        if let mode = value(of: "sec-fetch-mode") { return mode == "navigate" }
        return values(of: "accept").contains { $0.lowercased().contains("text/html") }
    }

    /// Whether the method reads only.
    var isGet: Bool { method == "GET" || method == "HEAD" }
}
