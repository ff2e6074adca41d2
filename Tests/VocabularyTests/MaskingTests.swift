import Testing
import Vocabulary

@Suite struct MaskingTests {
    @Test func `the known masks`() {
        #expect(Masking.personalNumber("11010519491231002X") == "110105********002X")
        #expect(Masking.personalNumber("110105491231002") == "110105*****1002")
        #expect(Masking.phone("13812341234") == "138****1234")
        #expect(Masking.phone("+86 138-1234-1234") == "138****1234")
        #expect(Masking.personalName("张三") == "张*")
        #expect(Masking.personalName("欧阳小明") == "欧*")
        #expect(Masking.account("6222 0212 3456 7890 123") == "****0123")
    }

    @Test func `what has another shape is hidden altogether`() {
        #expect(Masking.personalNumber("1101051949123100") == "****")
        #expect(Masking.phone("1381234123") == "****")
        #expect(Masking.phone("1381234123X") == "****")
        #expect(Masking.account("1234567") == "****")
        #expect(Masking.personalName("张") == "*")
        #expect(Masking.personalName("") == "*")
    }

    @Test func `every class that is not public hides, and internal and secret never leave`() {
        let samples: [FieldClass: String] = [
            .personalNumber: "11010519491231002X", .phone: "13812341234", .personalName: "张三", .account: "6222021234567890123",
            .internal: "note", .secret: "key",
        ]
        for fieldClass in FieldClass.allCases where fieldClass != .public {
            let sample = samples[fieldClass] ?? ""
            #expect(Masking.shown(sample, as: fieldClass) != sample, "\(fieldClass)")
        }
        #expect(Masking.shown("open", as: .public) == "open")
        #expect(Masking.shown("note", as: .internal) == nil)
        #expect(Masking.shown("key", as: .secret) == nil)
    }

    @Test func `field classes have their names in schemas, and others are unknown`() {
        #expect(FieldClass.allCases.map(\.rawValue) == ["public", "internal", "pii.id", "pii.phone", "pii.name", "pii.account", "secret"])
        #expect(FieldClass(rawValue: "pii.blood") == nil)
        #expect(FieldClass.allCases.filter(\.isPersonal).allSatisfy { $0.rawValue.hasPrefix("pii.") })
    }
}
