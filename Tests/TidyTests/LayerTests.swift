import Testing

/// Holds the import table of the architecture: imports point down, and never sideways.
struct LayerTests {
    /// The layer of every module, as in the architecture article.
    ///
    /// Modules that are not built yet stand here too, so that they find their place when they come.
    private static let layers: [String: Int] = [
        "CLinux": 0, "COpenSSL": 0, "CNghttp2": 0, "CCurl": 0, "CSQLite": 0, "CPostgreSQL": 0,
        "CJansson": 0,
        "Bytes": 1,
        "EventLoop": 2, "TLS": 2, "HTTP": 2, "Cryptography": 2, "JSON": 2, "Telemetry": 2,
        "JOSE": 3, "Configuration": 3, "Outbound": 3,
        "Access": 4, "Storage": 4,
        "Proxy": 5, "AuthorizationServer": 5,
        "Gateway": 6,
        "gatehouse": 7,
    ]

    /// Modules from outside, and who may use them; the program's log and its command line are for
    /// people and stay out of the data plane.
    private static let guests: [String: Set<String>] = [
        "ArgumentParser": ["gatehouse"],
        "Logging": ["Gateway", "AuthorizationServer", "Storage", "gatehouse"],
        "Mustache": ["AuthorizationServer"],
        "DequeModule": ["Proxy", "Gateway", "AuthorizationServer", "Storage"],
        // For the threads that write the access log and the store: what wakes them.
        "Dispatch": ["Telemetry", "Storage"],
        "Glibc": [
            "Bytes", "EventLoop", "TLS", "Configuration", "Outbound", "Storage", "Telemetry",
            "Gateway", "gatehouse",
        ],
        "Synchronization": [
            "EventLoop", "TLS", "Telemetry", "Outbound", "Access", "Proxy", "Gateway", "Storage",
            "AuthorizationServer",
        ],
    ]

    private struct Import {
        var file: TreeFile
        var line: Int
        var name: String
    }

    private static func imports(of files: [TreeFile]) -> [Import] {
        files.flatMap { file in
            let words = SwiftWords(file.text).words
            return words.indices.compactMap { index -> Import? in
                guard words[index].text == "import", index + 1 < words.count else { return nil }
                let kinds = ["struct", "class", "enum", "protocol", "func", "let", "var"]
                let next = words[index + 1]
                let name = kinds.contains(next.text) ? words[index + 2] : next
                return Import(file: file, line: words[index].line, name: name.text)
            }
        }
    }

    @Test("Every folder below Sources has its layer")
    func everyModuleHasItsLayer() {
        expectNone(
            Tree.house.modules.filter { Self.layers[$0] == nil }.map {
                Fault(
                    path: "Sources/\($0)",
                    advice: "is no module of the architecture. Put the code where its subject "
                        + "lives, or write a decision and add the module to the article and here."
                )
            }
        )
    }

    @Test("Imports point down, and two modules of one layer do not import each other")
    func importsPointDown() {
        var faults: [Fault] = []
        for found in Self.imports(of: Tree.house.productSources) {
            guard let module = found.file.module, let layer = Self.layers[module] else { continue }
            func fault(_ advice: String) {
                faults.append(Fault(path: found.file.path, line: found.line, advice: advice))
            }
            if let target = Self.layers[found.name] {
                guard target >= layer else { continue }
                fault(
                    "\(module) (layer \(layer)) imports \(found.name) (layer \(target)). Move the "
                        + "shared type down, or pass a value in from above."
                )
            } else if let users = Self.guests[found.name] {
                guard !users.contains(module) else { continue }
                fault(
                    "\(module) imports \(found.name), which is for \(users.sorted()). Ask a lower "
                        + "layer for what you need."
                )
            } else {
                fault(
                    "\(found.name) is not among the modules that the product uses. A dependency is "
                        + "a paragraph in Decisions; Foundation stays out of the product."
                )
            }
        }
        expectNone(faults)
    }

    @Test("What the manifest declares is what the files import")
    func manifestAndImportsAgree() throws {
        let manifest = Manifest(try #require(Tree.house.file("Package.swift")).text)
        let systemModules: Set = ["Dispatch", "Glibc", "Synchronization"]
        var faults: [Fault] = []
        for module in Tree.house.modules where Tree.house.isWritten(module) {
            let declared = Set(manifest.dependencies[module] ?? [])
            let sources = Tree.house.productSources.filter { $0.module == module }
            let imports = Self.imports(of: sources)
            for found in imports where !declared.contains(found.name) {
                guard !systemModules.contains(found.name) else { continue }
                faults.append(
                    Fault(
                        path: found.file.path,
                        line: found.line,
                        advice: "\(found.name) is imported but not declared: add it to the "
                            + "dependencies of \(module) in Package.swift."
                    )
                )
            }
            for name in declared.subtracting(imports.map(\.name)).sorted() {
                faults.append(
                    Fault(
                        path: "Package.swift",
                        advice: "\(module) declares \(name) and no file of it imports that: take "
                            + "it out, the list is the map that people read."
                    )
                )
            }
        }
        expectNone(faults)
    }

    @Test("The manifest is read as it is meant")
    func manifestIsRead() throws {
        let manifest = Manifest(try #require(Tree.house.file("Package.swift")).text)
        #expect(manifest.dependencies["Bytes"] == [])
        #expect(manifest.dependencies["EventLoop"] == ["Bytes", "CLinux"])
        #expect(manifest.dependencies["gatehouse"] == ["Gateway", "ArgumentParser"])
        #expect(manifest.dependencies["Gateway"]?.contains("Logging") == true)
        for module in Tree.house.modules {
            #expect(manifest.dependencies[module] != nil, "Package.swift has no target \(module)")
        }
    }
}
