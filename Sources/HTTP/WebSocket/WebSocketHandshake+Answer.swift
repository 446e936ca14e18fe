import Bytes

extension WebSocketHandshake {
    /// Whether the fields of a server's `101` answer the opening handshake whose key is `key`, as a
    /// client has to make sure (RFC 6455 §4.1).
    ///
    /// It says that it speaks WebSocket, proves that it has read the key, and chooses no subprotocol
    /// and no extension but those that stand in the fields of the request.
    public static func isAnswered(
        by answer: FieldBlock,
        key: Span<UInt8>,
        asked request: FieldBlock
    ) -> Bool {
        var accept: [UInt8] = []
        appendAccept(of: key, to: &accept)
        var (acceptCount, protocolCount, isUpgrade, isNamed) = (0, 0, false, false)
        for index in 0..<answer.count {
            let value = answer.value(at: index)
            switch answer.id(at: index) {
            case .connection:
                isNamed = isNamed || FieldSyntax.listContains("upgrade", in: value)
            case .upgrade:
                guard value.isEqualIgnoringCase(to: "websocket") else { return false }
                isUpgrade = true
            case .secWebSocketProtocol:
                protocolCount += 1
                guard isProtocol(value, in: request) else { return false }
            default:
                let name = answer.name(at: index)
                if name.isEqualIgnoringCase(to: "sec-websocket-accept") {
                    acceptCount += 1
                    guard value.isEqual(to: accept.span) else { return false }
                } else if name.isEqualIgnoringCase(to: "sec-websocket-extensions") {
                    guard areExtensions(value, in: request) else { return false }
                }
            }
        }
        return isUpgrade && isNamed && acceptCount == 1 && protocolCount <= 1
    }

    /// Whether a subprotocol was asked for; their names are compared as they are.
    private static func isProtocol(_ name: Span<UInt8>, in request: FieldBlock) -> Bool {
        var place = request.first(.secWebSocketProtocol)
        while let field = place {
            let value = request.value(at: field)
            var position = 0
            while let element = FieldSyntax.nextListElement(of: value, from: &position) {
                if value.extracting(element).isEqual(to: name) { return true }
            }
            place = request.next(.secWebSocketProtocol, after: field)
        }
        return false
    }

    /// Whether every extension of a list was asked for, whatever its parameters.
    private static func areExtensions(_ list: Span<UInt8>, in request: FieldBlock) -> Bool {
        var position = 0
        while let element = FieldSyntax.nextListElement(of: list, from: &position) {
            guard isExtension(extensionName(list.extracting(element)), in: request) else {
                return false
            }
        }
        return true
    }

    private static func isExtension(_ name: Span<UInt8>, in request: FieldBlock) -> Bool {
        for index in 0..<request.count
        where request.name(at: index).isEqualIgnoringCase(to: "sec-websocket-extensions") {
            let value = request.value(at: index)
            var position = 0
            while let element = FieldSyntax.nextListElement(of: value, from: &position) {
                if extensionName(value.extracting(element)).isEqual(to: name) { return true }
            }
        }
        return false
    }

    /// What stands before the parameters of an extension.
    ///
    /// A parameter's value is a token, quoted or not, so that no comma in it ends the element.
    @_lifetime(copy element)
    private static func extensionName(_ element: Span<UInt8>) -> Span<UInt8> {
        let end = element.firstIndex(of: UInt8(ascii: ";"), from: 0) ?? element.count
        return element.extracting(0..<end).trimmingBlanks()
    }
}
