import Chassis
import Contracts
import Kafka
import Pipeline
import Testing

/// What a service refuses to start with.
struct ServiceSettingsTests {
    private func defects(_ values: [String: String]) -> [String] {
        let usual = ["XINQIAO_POSTGRES": "host=/run/postgresql dbname=x", "XINQIAO_KAFKA_BOOTSTRAP": "127.0.0.1:9092"]
        var environment = Environment(usual.merging(values) { $1 })
        _ = ServiceSettings(&environment, service: .scoring)
        return environment.defects.map(\.key)
    }

    @Test func `an option without a value is refused and not shown`() {
        #expect(defects(["XINQIAO_KAFKA_OPTIONS": "fetch.wait.max.ms=10, linger.ms=5"]) == [])
        for wrong in ["fetch.wait.max.ms", "sasl.password=apple,pear", "=10"] {
            #expect(defects(["XINQIAO_KAFKA_OPTIONS": wrong]) == ["XINQIAO_KAFKA_OPTIONS"], "\(wrong)")
        }
        var environment = Environment(["XINQIAO_KAFKA_BOOTSTRAP": "localhost:9092", "XINQIAO_KAFKA_OPTIONS": "sasl.password=apple,pear"])
        _ = KafkaSettings(&environment, clientID: "tests")
        #expect(environment.lines(unknownPrefix: "XINQIAO_").allSatisfy { !$0.contains("pear") })
    }

    @Test func `of the three files for TLS all are set, or none`() {
        let files = ["XINQIAO_KAFKA_CA": "/ca", "XINQIAO_KAFKA_CERTIFICATE": "/certificate", "XINQIAO_KAFKA_KEY": "/key"]
        #expect(defects(files) == [])
        for key in files.keys {
            #expect(defects(files.filter { $0.key != key }) == [key])
            #expect(Set(defects(files.filter { $0.key == key })) == Set(files.keys).subtracting([key]))
        }
    }

    @Test func `brokers on another machine are spoken to in TLS only`() {
        for bootstrap in ["localhost:9092", "PLAINTEXT://127.0.0.1:9092,127.8.0.1:1", "[::1]:9092"] {
            #expect(defects(["XINQIAO_KAFKA_BOOTSTRAP": bootstrap]) == [], "\(bootstrap)")
        }
        let files = ["XINQIAO_KAFKA_CA": "/ca", "XINQIAO_KAFKA_CERTIFICATE": "/certificate", "XINQIAO_KAFKA_KEY": "/key"]
        for bootstrap in ["kafka:9092", "localhost:9092, kafka:9092", "127.example.org:9092", "[2001:db8::1]:9092", "10.0.0.1:9092"] {
            var values = ["XINQIAO_KAFKA_BOOTSTRAP": bootstrap]
            #expect(defects(values) == ["XINQIAO_KAFKA_BOOTSTRAP"], "\(bootstrap)")
            #expect(defects(values.merging(files) { $1 }) == [])
            #expect(defects(values.merging(["XINQIAO_ALLOW_PLAINTEXT": "yes"]) { $1 }) == [])
            values["XINQIAO_KAFKA_OPTIONS"] = "security.protocol=SASL_SSL"
            #expect(defects(values) == [])
            values["XINQIAO_KAFKA_OPTIONS"] = "security.protocol=plaintext"
            #expect(defects(values.merging(files) { $1 }) == ["XINQIAO_KAFKA_BOOTSTRAP"], "what wins is what counts")
        }
    }

    @Test func `a database on another machine is spoken to only when its name is checked`() {
        for near in [
            "host=/run/postgresql", "host=localhost sslmode=disable", "postgresql://x@127.0.0.1:5432/x", "host=::1",
            "host=db sslmode=verify-full", "postgresql://x@db/x?sslmode=verify-full",
        ] { #expect(defects(["XINQIAO_POSTGRES": near]) == [], "\(near)") }
        for far in [
            "host=db", "host=db sslmode=require", "host=db sslmode=verify-ca", "postgresql://x@db/x", "host=localhost,db",
            "host=localhost hostaddr=10.0.0.1", "service=far",
        ] {
            #expect(defects(["XINQIAO_POSTGRES": far]) == ["XINQIAO_POSTGRES"], "\(far)")
            #expect(defects(["XINQIAO_POSTGRES": far, "XINQIAO_ALLOW_PLAINTEXT": "yes"]) == [], "\(far)")
        }
    }
}
