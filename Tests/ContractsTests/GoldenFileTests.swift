import Contracts
import Testing
import Wire

@Suite struct GoldenFileTests {
    @Test func `every payload type of the sources has an example and is read here`() throws {
        let declared = try DeclaredPayload.all(in: "Shared/Contracts")
        #expect(declared.count >= 16)
        #expect(Set(declared.map(\.type)).count == declared.count, "two types of one name")
        #expect(declared.map(\.name).sorted() == (try Repository.names(in: PayloadExample.folder, ending: ".json")))
        let read = PayloadExample.types.map { DeclaredPayload(name: String(describing: $0), type: $0.type) }
        #expect(Set(declared) == Set(read))
    }

    @Test func `a type name ends in its major version`() throws {
        for type in try DeclaredPayload.all(in: "Shared/Contracts").map(\.type) {
            let last = type.split(separator: ".").last ?? ""
            #expect(last.first == "v" && Int(last.dropFirst()) != nil, "\(type)")
        }
    }

    @Test func `what is read from an example is written as the same content`() throws {
        for example in try PayloadExample.all() {
            let golden = try JSONDocument(parsing: example.golden.bytes).root.canonicalBytes
            #expect(String(decoding: try example.rewritten(example.golden), as: UTF8.self) == String(decoding: golden, as: UTF8.self))
        }
    }

    @Test func `a member that the contract does not know is passed over wherever it stands`() throws {
        let unknown = [Tree(scalar: "null"), Tree(scalar: "17"), .array([Tree(scalar: "\"x\"")]), .object([("en", Tree(scalar: "1e9"))])]
        for example in try PayloadExample.all() {
            let plain = try example.rewritten(example.golden)
            for place in [Place(steps: [])] + example.places {
                guard case .object? = example.golden[place], place.member.map({ !PayloadExample.isFree($0) }) ?? true else { continue }
                for value in unknown {
                    let grown = example.golden.changing(place) { tree in
                        guard case .object(let members) = tree else { return tree }
                        return .object([("newInLaterVersion", value)] + members)
                    }
                    #expect(grown.bytes != example.golden.bytes)
                    #expect(try example.rewritten(grown) == plain, "\(example.name)\(place)")
                }
            }
        }
    }
}
