import Testing
import Vocabulary
import Wire

struct ExactDecimalTests {
    @Test func `equal numbers are equal values however they are written`() {
        let families = [
            ["1.5", "1.50", "15e-1", "0.15e1", "0.0000015E+6"], ["0", "-0", "0.000", "0e99", "-0e-99"], ["100", "1e2", "100.0", "1000e-1"],
            ["-0.05", "-5e-2", "-0.050"],
        ]
        for family in families {
            #expect(Set(family.map { ExactDecimal($0) }).count == 1, "\(family)")
            #expect(ExactDecimal(family[0])?.text == family[0])
        }
    }

    @Test func `only numbers are read, and only those that fit`() {
        for text in ["", "-", "+1", ".5", "5.", "01", "1e", "1e+", "0x1", " 1", "1 ", "1,5", "NaN", "--1", "1.2.3", "1e2.5", "１"] {
            #expect(ExactDecimal(text) == nil, "\(text)")
        }
        #expect(ExactDecimal("9223372036854775807")?.mantissa == .max)
        #expect(ExactDecimal("-9223372036854775808")?.mantissa == .min)
        #expect(ExactDecimal("9223372036854775808") == nil)
        #expect(ExactDecimal("99999999999999999999999") == nil)
        #expect(ExactDecimal("1e400") == nil)
        #expect(ExactDecimal("1e-255")?.scale == 255)
        #expect(ExactDecimal("1e-256") == nil)
        #expect(ExactDecimal("0." + String(repeating: "0", count: 300) + "5e301")?.text == "5")
        #expect(ExactDecimal("5" + String(repeating: "0", count: 300) + "e-300")?.text == "5")
        #expect(ExactDecimal(mantissa: 1_500, scale: 3) == ExactDecimal("1.5"))
        #expect(ExactDecimal(mantissa: 0, scale: 999) == ExactDecimal(0))
        #expect(ExactDecimal(mantissa: 1, scale: -1) == nil)
        #expect(ExactDecimal(mantissa: 1, scale: 256) == nil)
    }

    @Test func `order holds across scales`() {
        let ascending = [
            "-9223372036854775808", "-1.5", "-1.4999999999999999", "-1e-3", "-1e-200", "0", "1e-255", "1e-30", "1e-18", "0.001",
            "0.9999999999", "1", "1.000000000000000001", "1.5", "9223372036854775.807", "9223372036854775807",
        ].compactMap { ExactDecimal($0) }
        #expect(ascending.count == 16)
        for (i, a) in ascending.enumerated() {
            for (j, b) in ascending.enumerated() {
                #expect((a < b) == (i < j), "\(a) \(b)")
                #expect((a == b) == (i == j), "\(a) \(b)")
            }
        }
    }

    @Test func `its double is the nearest and its text reads back as itself`() {
        var random = SplitMix64(seed: 7)
        for _ in 0..<5_000 {
            let mantissa = Int64(bitPattern: random.next()) >> Int64(random.next() % 64)
            guard let decimal = ExactDecimal(mantissa: mantissa, scale: Int(random.next() % 40)) else { continue }
            #expect(ExactDecimal(decimal.text) == decimal)
            #expect(decimal.double == Double(decimal.text), "\(decimal)")
        }
        #expect(ExactDecimal("0.05")?.description == "0.05")
        #expect(ExactDecimal("-12.3")?.text == "-12.3")
    }
}
