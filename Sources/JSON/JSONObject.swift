/// The members of one JSON object, in the order in which they were written.
///
/// A vector, not a table: claims and keys have a dozen members, where looking from the front costs
/// less than hashing. Names are unique. Two objects are equal when they hold the same members in
/// the same order.
public struct JSONObject: Sendable, Equatable {
    /// The members in their order.
    public private(set) var members: [Member] = []

    /// Makes an object without members.
    public init() {}

    /// The number of members.
    public var count: Int { members.count }

    /// Whether there is no member.
    public var isEmpty: Bool { members.isEmpty }

    /// The value of the member called exactly `name`.
    ///
    /// Assigning replaces it in its place, appends it, or with `nil` removes it.
    public subscript(name: String) -> JSONValue? {
        get {
            for member in members where JSONText.isExactly(member.name, name) {
                return member.value
            }
            return nil
        }
        set {
            let place = members.firstIndex { JSONText.isExactly($0.name, name) }
            switch (place, newValue) {
            case (let index?, let value?): members[index].value = value
            case (let index?, nil): members.remove(at: index)
            case (nil, let value?): members.append(Member(name: name, value: value))
            case (nil, nil): break
            }
        }
    }

    /// Whether a member is called `name`, `null` or not.
    public func contains(_ name: String) -> Bool {
        members.contains { JSONText.isExactly($0.name, name) }
    }

    /// Appends a member whose name is known to be new: what jansson has already made sure of.
    internal mutating func appendUnique(_ member: Member) {
        members.append(member)
    }

    /// Makes room for that many members.
    internal mutating func reserveCapacity(_ count: Int) {
        members.reserveCapacity(count)
    }
}

extension JSONObject {
    /// One name and its value.
    public struct Member: Sendable, Equatable {
        /// The name, escapes read.
        public var name: String
        /// The value.
        public var value: JSONValue

        /// Makes a member.
        public init(name: String, value: JSONValue) {
            self.name = name
            self.value = value
        }
    }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
    /// An object from a literal; of two equal names the later one is kept.
    public init(dictionaryLiteral elements: (String, JSONValue)...) {
        for (name, value) in elements {
            self[name] = value
        }
    }
}
