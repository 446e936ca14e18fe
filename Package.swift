// swift-tools-version: 6.2
import PackageDescription

/// Every module is built with the same, strictest, settings.
let house: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .strictMemorySafety(),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableUpcomingFeature("InferIsolatedConformances"),
    .enableExperimentalFeature("Lifetimes"),
    .unsafeFlags(["-cross-module-optimization"], .when(configuration: .release)),
]

/// A module of the product: imports point down the layers of `Architecture.md` only.
func module(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: house)
}

/// The tests of one module.
func tests(
    _ name: String,
    _ dependencies: [Target.Dependency],
    exclude: [String] = [],
    resources: [Resource] = []
) -> Target {
    .testTarget(
        name: name,
        dependencies: dependencies,
        exclude: exclude,
        resources: resources,
        swiftSettings: house
    )
}

/// A system library, found by pkg-config and installed from Debian by `Tests/Scripts/install`.
func system(_ name: String, pkgConfig: String, package: String) -> Target {
    .systemLibrary(name: name, pkgConfig: pkgConfig, providers: [.apt([package])])
}

let log = Target.Dependency.product(name: "Logging", package: "swift-log")
let mustache = Target.Dependency.product(name: "Mustache", package: "swift-mustache")
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")

let package = Package(
    name: "gatehouse",
    products: [.executable(name: "gatehouse", targets: ["gatehouse"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.1"),
    ],
    targets: [
        // Layer 0: what the system gives.
        .target(name: "CLinux"),
        system("COpenSSL", pkgConfig: "openssl", package: "libssl-dev"),
        system("CJansson", pkgConfig: "jansson", package: "libjansson-dev"),
        system("CCurl", pkgConfig: "libcurl", package: "libcurl4-openssl-dev"),
        system("CNghttp2", pkgConfig: "libnghttp2", package: "libnghttp2-dev"),
        system("CSQLite", pkgConfig: "sqlite3", package: "libsqlite3-dev"),
        // Layer 1
        module("Bytes"),
        // Layer 2
        module("EventLoop", ["Bytes", "CLinux"]),
        module("TLS", ["Bytes", "COpenSSL"]),
        module("HTTP", ["Bytes", "CNghttp2"]),
        module("Cryptography", ["Bytes", "COpenSSL"]),
        module("JSON", ["Bytes", "CJansson"]),
        module("Telemetry", ["Bytes"]),
        // Layer 3
        module("JOSE", ["Bytes", "Cryptography", "JSON"]),
        module("Configuration", ["Bytes", "EventLoop"]),
        module("Outbound", ["CCurl"]),
        // Layer 4
        module("Access", ["Bytes", "Configuration", "EventLoop", "HTTP", "JOSE", "JSON"]),
        module("Storage", ["Bytes", "CSQLite", "EventLoop"]),
        // Layer 5
        module(
            "Proxy",
            ["Access", "Bytes", "Configuration", "EventLoop", "HTTP", "JOSE", "TLS", "Telemetry"]
        ),
        module(
            "AuthorizationServer",
            [
                "Access", "Bytes", "Configuration", "Cryptography", "EventLoop", "HTTP", "JOSE",
                "JSON", "Outbound", "Storage", mustache,
            ]
        ),
        // Layer 6
        module(
            "Gateway",
            [
                "Access", "AuthorizationServer", "Bytes", "Configuration", "Cryptography",
                "EventLoop", "HTTP", "JOSE", "JSON", "Outbound", "Proxy", "Storage", "TLS",
                "Telemetry", log,
            ]
        ),
        // Layer 7
        .executableTarget(
            name: "gatehouse",
            dependencies: ["Gateway", arguments],
            swiftSettings: house
        ),
        // What proves it. The fuzz targets are a library, so that `make test` replays the corpora and
        // `Tests/Fuzz` drives the same functions with libFuzzer.
        tests("BytesTests", ["Bytes"]),
        tests("EventLoopTests", ["Bytes", "EventLoop", "CLinux"]),
        tests("TLSTests", ["Bytes", "TLS", "COpenSSL"]),
        tests("HTTPTests", ["Bytes", "HTTP"]),
        tests("CryptographyTests", ["Bytes", "Cryptography"]),
        tests("JSONTests", ["Bytes", "JSON"]),
        tests("TelemetryTests", ["Bytes", "Telemetry"]),
        tests("JOSETests", ["Bytes", "Cryptography", "JSON", "JOSE"]),
        tests(
            "ConfigurationTests",
            ["Bytes", "Configuration", "EventLoop", "HTTP"],
            exclude: ["Golden"]
        ),
        tests("OutboundTests", ["Bytes", "Outbound", "TLS"]),
        tests(
            "AccessTests",
            [
                "Access", "Bytes", "Configuration", "Cryptography", "EventLoop", "HTTP", "JOSE",
                "JSON",
            ]
        ),
        tests(
            "ProxyTests",
            [
                "Access", "Bytes", "Configuration", "Cryptography", "EventLoop", "HTTP", "JOSE",
                "JSON", "Proxy", "TLS", "Telemetry",
            ]
        ),
        tests("StorageTests", ["Bytes", "EventLoop", "Storage"]),
        tests(
            "AuthorizationServerTests",
            [
                "Access", "AuthorizationServer", "Bytes", "Configuration", "Cryptography",
                "EventLoop", "HTTP", "JOSE", "JSON", "Outbound", "Storage",
            ]
        ),
        tests(
            "GatewayTests",
            [
                "Access", "AuthorizationServer", "Bytes", "Configuration", "Cryptography",
                "EventLoop", "Gateway", "HTTP", "JOSE", "JSON", "Outbound", "Proxy",
                "TLS", "Telemetry",
            ]
        ),
        .target(
            name: "FuzzTargets",
            dependencies: ["Bytes", "Configuration", "EventLoop", "HTTP", "JOSE", "JSON"],
            path: "Tests/FuzzTargets",
            swiftSettings: house
        ),
        tests("FuzzReplayTests", ["Bytes", "FuzzTargets"], exclude: ["Corpora"]),
        tests("TidyTests", []),
        tests(
            "EndToEndTests",
            ["gatehouse", "Bytes", "Cryptography", "EventLoop", "JOSE", "JSON", "TLS"]
        ),
    ]
)
