import JSON

/// What the operator is told.
public struct OperatorAnswer: Sendable, Equatable {
    /// What to print.
    public var lines: [String] = []
    /// Why nothing was done, or `nil` where it was.
    public var fault: String?
    /// Where the next page begins, or `nil` where there is none.
    public var next: String?

    /// What was done.
    static func done(_ lines: [String], next: String? = nil) -> OperatorAnswer {
        OperatorAnswer(lines: lines, next: next)
    }

    /// Why nothing was done.
    static func refused(_ fault: String) -> OperatorAnswer {
        OperatorAnswer(fault: fault)
    }
}

extension OperatorAnswer {
    /// As it goes over the socket: one line.
    var line: [UInt8] {
        var object: JSONObject = ["lines": .array(lines.map { .string($0) })]
        object["fault"] = fault.map { .string($0) }
        object["next"] = next.map { .string($0) }
        var line: [UInt8] = []
        object.write(into: &line)
        line.append(UInt8(ascii: "\n"))
        return line
    }

    /// Reads what came over the socket; `nil` where it is no answer.
    init?(_ line: [UInt8]) {
        let limits = JSONLimits(size: ControlSocket.answerSizeMax, depth: 4)
        guard let object = (try? JSONValue.parse(line.span, limits: limits))?.object,
            let lines = object["lines"]?.array
        else { return nil }
        self.init(
            lines: lines.compactMap(\.string),
            fault: object["fault"]?.string,
            next: object["next"]?.string
        )
    }
}
