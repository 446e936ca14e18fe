import JSON
import Testing

struct JSONObjectTests {
    @Test
    func keepsTheOrderOfMembers() throws {
        let object = try #require(try parse("{\"z\":1,\"a\":2,\"m\":3}").object)
        #expect(object.members.map(\.name) == ["z", "a", "m"])
        #expect(object["a"] == 2)
        #expect(object["b"] == nil)
    }

    @Test
    func tellsNullFromAbsent() throws {
        let object = try #require(try parse("{\"a\":null}").object)
        #expect(object["a"] == .null)
        #expect(object.contains("a"))
        #expect(!object.contains("b"))
    }

    @Test
    func assigningReplacesAppendsAndRemoves() {
        var object: JSONObject = ["a": 1, "b": 2]
        object["a"] = 3
        object["c"] = 4
        object["b"] = nil
        object["d"] = nil
        #expect(object == ["a": 3, "c": 4])
        #expect(object.count == 2)
        #expect(JSONObject().isEmpty)
    }

    @Test
    func comparesNamesByBytes() throws {
        // U+212A is canonically equivalent to K, which is what Swift's == goes by.
        let kelvin = "\u{212A}"
        #expect(kelvin == "K")
        #expect(!JSONText.isExactly(kelvin, "K"))
        #expect(JSONText.isExactly("K", "K"))
        let object = try #require(try parse("{\"\\u212A\":1,\"K\":2}").object)
        #expect(object.count == 2)
        #expect(object["K"] == 2)
        #expect(object[kelvin] == 1)
    }

    @Test
    func accessorsGiveOnlyTheirOwnType() {
        let values: [JSONValue] = [.null, true, 1, .real(1), "a", [], .object([:])]
        #expect(
            values.map { $0.boolean != nil } == [false, true, false, false, false, false, false]
        )
        #expect(
            values.map { $0.integer != nil } == [false, false, true, false, false, false, false]
        )
        #expect(
            values.map { $0.string != nil } == [false, false, false, false, true, false, false]
        )
        #expect(values.map { $0.array != nil } == [false, false, false, false, false, true, false])
        #expect(
            values.map { $0.object != nil } == [false, false, false, false, false, false, true]
        )
    }
}
