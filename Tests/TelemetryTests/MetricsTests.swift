import Telemetry
import Testing

@Suite("Metrics")
struct MetricsTests {
    private func makeRegistry() -> MetricsRegistry {
        MetricsRegistry(
            build: .init(version: "1.2.3", revision: "abc"),
            startSeconds: 1_700_000_000
        )
    }

    private func makeLayout(routes: [String] = ["/orders/", "/public/"]) -> MetricsLayout {
        MetricsLayout(
            routes: routes,
            upstreams: [
                .init(name: "orders", servers: ["a:1", "b:2"]),
                .init(name: "other", servers: ["c:3"]),
            ],
            issuers: ["https://a.test", "https://b.test"],
            reasons: ["token_missing", "token_expired"],
            upstreamErrors: ["connect_refused", "timed_out"]
        )
    }

    private func read(_ registry: MetricsRegistry, now: Int64 = 0) throws -> StrictExposition {
        try StrictExposition(registry.exposition(nowSeconds: now))
    }

    @Test("are well formed before anything has happened")
    func empty() throws {
        let registry = makeRegistry()
        let none = try read(registry)
        #expect(none.value("gatehouse_build_info", ["version": "1.2.3", "revision": "abc"]) == 1)
        #expect(none.value("process_start_time_seconds") == 1_700_000_000)
        #expect(none.value("process_open_fds") ?? 0 > 2)
        #expect(none.value("process_resident_memory_bytes") ?? 0 > 1_000_000)
        #expect(none.value("process_cpu_seconds_total") != nil)
        let blocks = registry.adopt(makeLayout(), workerCount: 2)
        let fresh = try read(registry)
        #expect(fresh.value("gatehouse_connections_accepted_total") == 0)
        #expect(fresh.kinds["gatehouse_requests_total"] == nil)
        #expect(
            fresh.value("gatehouse_upstream_server_up", ["upstream": "other", "server": "c:3"]) == 1
        )
        #expect(blocks.count == 2)
    }

    @Test("add up over the workers, under the labels of the conf")
    func sums() throws {
        let registry = makeRegistry()
        let blocks = registry.adopt(makeLayout(), workerCount: 2)
        for (index, block) in blocks.enumerated() {
            block.requestEnded(route: 1, status: 200, durationNanoseconds: 1_500_000)
            block.requestEnded(route: nil, status: 404, durationNanoseconds: 1)
            block.requestEnded(route: 0, status: 299, durationNanoseconds: .max)
            block.requestEnded(route: 0, status: -7, durationNanoseconds: -7)
            block.requestEnded(route: 0, status: 100_000, durationNanoseconds: 1_000_000)
            block.requestRejected(reason: 1, issuer: 0)
            block.requestRejected(reason: 0, issuer: nil)
            block.requestWouldBeRejected(reason: 1, issuer: 1)
            block.tokenCacheAsked(isHit: index == 0)
            block.signatureChecked(isValid: index == 0)
            block.connectionAccepted()
            block.connectionAccepted()
            block.connectionClosed()
            block.connectionRefused(.descriptors)
            block.handshakeEnded(.resumed)
            block.bytesReceived(100)
            block.bytesSent(200)
            block.bytesSent(-1)
            block.connectionUpgraded()
            block.upstreamConnected(upstream: 1, durationNanoseconds: 2_000_000)
            block.upstreamConnectionReused(upstream: 1)
            block.upstreamAnswered(upstream: 0, firstByteNanoseconds: 70_000_000_000)
            block.upstreamFailed(upstream: 0, cause: 1)
            block.upstreamRetried(upstream: 0)
        }
        blocks[0].setUpstreamServer(upstream: 0, server: 1, isHealthy: false)
        let all = try read(registry)
        let requests = "gatehouse_requests_total"
        #expect(all.value(requests, ["route": "/public/", "status": "200"]) == 2)
        #expect(all.value(requests, ["route": "-", "status": "404"]) == 2)
        #expect(all.value(requests, ["route": "/orders/", "status": "other"]) == 6)
        #expect(all.samples.keys.count { $0.name == requests } == 3)
        let duration = "gatehouse_request_duration_seconds"
        #expect(all.value(duration + "_count", ["route": "/public/"]) == 2)
        #expect(all.value(duration + "_sum", ["route": "/public/"]) == 0.003)
        #expect(all.value(duration + "_bucket", ["route": "/public/", "le": "0.001"]) == 0)
        #expect(all.value(duration + "_bucket", ["route": "/public/", "le": "0.0025"]) == 2)
        #expect(all.value(duration + "_bucket", ["route": "/orders/", "le": "0.0005"]) == 2)
        #expect(all.value(duration + "_bucket", ["route": "/orders/", "le": "0.001"]) == 4)
        #expect(all.value(duration + "_bucket", ["route": "/orders/", "le": "60"]) == 4)
        let rejections = "gatehouse_rejections_total"
        #expect(
            all.value(rejections, ["reason": "token_expired", "issuer": "https://a.test"]) == 2
        )
        #expect(all.value(rejections, ["reason": "token_missing", "issuer": "-"]) == 2)
        #expect(
            all.value(
                "gatehouse_shadow_rejections_total",
                ["reason": "token_expired", "issuer": "https://b.test"]
            ) == 2
        )
        #expect(all.value("gatehouse_token_cache_lookups_total", ["outcome": "hit"]) == 1)
        #expect(all.value("gatehouse_token_cache_lookups_total", ["outcome": "miss"]) == 1)
        #expect(all.value("gatehouse_signature_checks_total", ["outcome": "valid"]) == 1)
        #expect(all.value("gatehouse_connections_accepted_total") == 4)
        #expect(all.value("gatehouse_connections_open") == 2)
        #expect(all.value("gatehouse_connections_refused_total", ["cause": "descriptors"]) == 2)
        #expect(all.value("gatehouse_connections_refused_total", ["cause": "limit"]) == 0)
        #expect(all.value("gatehouse_tls_handshakes_total", ["outcome": "resumed"]) == 2)
        #expect(all.value("gatehouse_received_bytes_total") == 200)
        #expect(all.value("gatehouse_sent_bytes_total") == 400)
        #expect(all.value("gatehouse_upgrades_total") == 2)
        let connections = "gatehouse_upstream_connections_total"
        #expect(all.value(connections, ["upstream": "other", "kind": "new"]) == 2)
        #expect(all.value(connections, ["upstream": "other", "kind": "reused"]) == 2)
        #expect(
            all.value(
                "gatehouse_upstream_first_byte_duration_seconds_bucket",
                ["upstream": "orders", "le": "+Inf"]
            ) == 2
        )
        #expect(
            all.value(
                "gatehouse_upstream_errors_total",
                ["upstream": "orders", "cause": "timed_out"]
            ) == 2
        )
        #expect(all.value("gatehouse_upstream_retries_total", ["upstream": "orders"]) == 2)
        let up = "gatehouse_upstream_server_up"
        #expect(all.value(up, ["upstream": "orders", "server": "a:1"]) == 1)
        #expect(all.value(up, ["upstream": "orders", "server": "b:2"]) == 0.5)
    }

    @Test("every status that is registered has a line of its own")
    func statuses() throws {
        let registry = makeRegistry()
        let blocks = registry.adopt(makeLayout(), workerCount: 1)
        for status in 0..<700 {
            blocks[0].requestEnded(route: 0, status: status, durationNanoseconds: 0)
        }
        let all = try read(registry)
        for status in ["101", "200", "204", "301", "308", "400", "401", "403", "429", "499", "504"]
        {
            let labels = ["route": "/orders/", "status": status]
            #expect(all.value("gatehouse_requests_total", labels) == 1)
        }
        let sum = all.samples.filter { $0.key.name == "gatehouse_requests_total" }
        #expect(sum.values.reduce(0, +) == 700)
    }

    @Test("never go backwards at a reload, whoever still counts into the old block")
    func reload() throws {
        let registry = makeRegistry()
        var old = registry.adopt(makeLayout(), workerCount: 2)
        old[0].requestEnded(route: 0, status: 200, durationNanoseconds: 0)
        old[0].connectionAccepted()
        old[0].setUpstreamServer(upstream: 0, server: 0, isHealthy: false)
        let new = registry.adopt(makeLayout(routes: ["/new/", "/orders/"]), workerCount: 2)
        let orders = ["route": "/orders/", "status": "200"]
        var all = try read(registry)
        #expect(all.value("gatehouse_requests_total", orders) == 1)
        // The state of a server is the new conf's business alone.
        let server = ["upstream": "orders", "server": "a:1"]
        #expect(all.value("gatehouse_upstream_server_up", server) == 1)
        old[1].requestEnded(route: 0, status: 200, durationNanoseconds: 0)
        old[1].requestEnded(route: 1, status: 200, durationNanoseconds: 0)
        new[0].requestEnded(route: 1, status: 200, durationNanoseconds: 0)
        old[0].connectionClosed()
        all = try read(registry)
        #expect(all.value("gatehouse_requests_total", orders) == 3)
        old.removeAll()
        for _ in 0..<2 {
            all = try read(registry)
            #expect(all.value("gatehouse_requests_total", orders) == 3)
            let gone = ["route": "/public/", "status": "200"]
            #expect(all.value("gatehouse_requests_total", gone) == 1)
            #expect(all.value("gatehouse_connections_accepted_total") == 1)
            #expect(all.value("gatehouse_connections_open") == 0)
            let count = "gatehouse_request_duration_seconds_count"
            #expect(all.value(count, ["route": "/orders/"]) == 3)
        }
    }

    @Test("escape labels, whatever the conf named")
    func escapes() throws {
        let registry = makeRegistry()
        let odd = "a\"b\\c\nd\u{E9}{},="
        let blocks = registry.adopt(makeLayout(routes: [odd]), workerCount: 1)
        blocks[0].requestEnded(route: 0, status: 200, durationNanoseconds: 0)
        let all = try read(registry)
        #expect(all.value("gatehouse_requests_total", ["route": odd, "status": "200"]) == 1)
    }

    @Test("keep routes of one name apart from nothing: their counts add up")
    func sameNames() throws {
        let registry = makeRegistry()
        let blocks = registry.adopt(makeLayout(routes: ["/a", "/a"]), workerCount: 1)
        blocks[0].requestEnded(route: 0, status: 200, durationNanoseconds: 0)
        blocks[0].requestEnded(route: 1, status: 200, durationNanoseconds: 0)
        let all = try read(registry)
        #expect(all.value("gatehouse_requests_total", ["route": "/a", "status": "200"]) == 2)
    }

    @Test("show the keys of each issuer, and how long they will still do")
    func keys() throws {
        let registry = makeRegistry()
        registry.setKeySet(
            issuer: "https://a.test",
            .init(keyCount: 3, fetchedSeconds: 100, servedUntilSeconds: 500)
        )
        registry.setKeySet(
            issuer: "https://file.test",
            .init(keyCount: 1, fetchedSeconds: 100, servedUntilSeconds: nil)
        )
        registry.setKeySet(
            issuer: "https://none.test",
            .init(keyCount: 0, fetchedSeconds: nil, servedUntilSeconds: nil)
        )
        registry.keyFetchEnded(issuer: "https://a.test", outcome: "success")
        registry.keyFetchEnded(issuer: "https://a.test", outcome: "timed_out")
        registry.keyFetchEnded(issuer: "https://a.test", outcome: "timed_out")
        var all = try read(registry, now: 160)
        let a = ["issuer": "https://a.test"]
        #expect(all.value("gatehouse_key_set_keys", a) == 3)
        #expect(all.value("gatehouse_key_set_keys", ["issuer": "https://none.test"]) == 0)
        #expect(all.value("gatehouse_key_set_age_seconds", a) == 60)
        #expect(all.value("gatehouse_key_set_age_seconds", ["issuer": "https://none.test"]) == nil)
        #expect(all.value("gatehouse_key_set_served_seconds", a) == 340)
        #expect(
            all.value("gatehouse_key_set_served_seconds", ["issuer": "https://file.test"]) == nil
        )
        let timedOut = ["issuer": "https://a.test", "outcome": "timed_out"]
        #expect(all.value("gatehouse_key_fetches_total", timedOut) == 2)
        all = try read(registry, now: 10_000)
        #expect(all.value("gatehouse_key_set_served_seconds", a) == 0)
        registry.keepKeySets(ofIssuers: ["https://file.test"])
        all = try read(registry, now: .min)
        #expect(all.value("gatehouse_key_set_keys", a) == nil)
        #expect(all.value("gatehouse_key_set_age_seconds", ["issuer": "https://file.test"]) != nil)
    }

    @Test("tell a reload that failed from the one before")
    func reloads() throws {
        let registry = makeRegistry()
        registry.reloadEnded(isSuccess: true, atSeconds: 100)
        registry.reloadEnded(isSuccess: false, atSeconds: 200)
        var all = try read(registry)
        #expect(all.value("gatehouse_conf_reloads_total", ["outcome": "success"]) == 1)
        #expect(all.value("gatehouse_conf_reloads_total", ["outcome": "failure"]) == 1)
        #expect(all.value("gatehouse_conf_last_reload_successful") == 0)
        #expect(all.value("gatehouse_conf_last_reload_success_timestamp_seconds") == 100)
        registry.reloadEnded(isSuccess: true, atSeconds: 300)
        all = try read(registry)
        #expect(all.value("gatehouse_conf_last_reload_successful") == 1)
    }

    @Test("count the lines of the log, and of the one before it")
    func logs() throws {
        let directory = TemporaryDirectory()
        let registry = makeRegistry()
        for path in ["/dev/full", directory.file("log")] {
            let log = try AccessLog(path: path, format: .json, limits: .patient)
            registry.watch(log)
            let sink = log.makeSink()
            sink.append(AccessRecord())
            sink.append(AccessRecord())
            sink.flush()
            #expect(log.flushAndClose())
        }
        for _ in 0..<2 {
            let all = try read(registry)
            #expect(all.value("gatehouse_log_lines_written_total") == 2)
            #expect(all.value("gatehouse_log_lines_dropped_total") == 2)
            #expect(all.value("gatehouse_log_write_failures_total") == 1)
        }
    }

    @Test("can be read while workers count", .timeLimit(.minutes(1)))
    func concurrent() async throws {
        let registry = makeRegistry()
        let layout = makeLayout()
        await withThrowingTaskGroup { group in
            for block in registry.adopt(layout, workerCount: 2) {
                group.addTask {
                    for _ in 0..<20_000 {
                        block.requestEnded(route: 0, status: 200, durationNanoseconds: 1)
                    }
                }
            }
            group.addTask {
                var last = 0.0
                for _ in 0..<50 {
                    let all = try read(registry)
                    let labels = ["route": "/orders/", "status": "200"]
                    let count = all.value("gatehouse_requests_total", labels) ?? 0
                    #expect(count >= last)
                    last = count
                }
            }
        }
        let all = try read(registry)
        let labels = ["route": "/orders/", "status": "200"]
        #expect(all.value("gatehouse_requests_total", labels) == 40_000)
    }
}
