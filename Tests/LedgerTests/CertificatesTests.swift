import Foundation
import Ledger
import Testing
import Vocabulary

/// Two certificates that signed themselves, made with `openssl req -x509 -newkey ed25519 -days 400` and `-days 36500`.
@Suite struct CertificatesTests {
    private static let first = """
        -----BEGIN CERTIFICATE-----
        MIIBLDCB36ADAgECAhRNBNR/d6ZP4gGgf8akXdezWhbsqTAFBgMrZXAwDDEKMAgG
        A1UEAwwBYTAeFw0yNjExMjcyMjI3MzFaFw0yODAxMDEyMjI3MzFaMAwxCjAIBgNV
        BAMMAWEwKjAFBgMrZXADIQAmnw7hdjrR4z0NpWtS1KcHdmr8BRMHrcfKtw39MeIW
        aqNTMFEwHQYDVR0OBBYEFNonofvsADpcAuLgAKRIFIQXA1TeMB8GA1UdIwQYMBaA
        FNonofvsADpcAuLgAKRIFIQXA1TeMA8GA1UdEwEB/wQFMAMBAf8wBQYDK2VwA0EA
        okmg7qtYEoIn0b1HxMZWFHEXh05yqxPmhgUIp6Be1zqIB0sltpfpXxlmIJsThFjy
        2+y4PBvouznkwzDITsMGBQ==
        -----END CERTIFICATE-----

        """

    private static let second = """
        -----BEGIN CERTIFICATE-----
        MIIBLjCB4aADAgECAhQzC8C9lCOqWJyD4yDBmFdYcaGp3DAFBgMrZXAwDDEKMAgG
        A1UEAwwBYjAgFw0yNjExMjcyMjI3MDFaGA8yMTI2MTEwMzIyMjcwMVowDDEKMAgG
        A1UEAwwBYjAqMAUGAytlcAMhAICzy6jit1lk/WPwBJV3H6TX2/QAYL/76I71pPkf
        8xG9o1MwUTAdBgNVHQ4EFgQUo69QX6lvmVSM/2u1WVLjLDALty8wHwYDVR0jBBgw
        FoAUo69QX6lvmVSM/2u1WVLjLDALty8wDwYDVR0TAQH/BAUwAwEB/zAFBgMrZXAD
        QQC785KBMwEC3eL8KCAs4AzDdyGHzQcnORbXz13oZgS89eV/ay7bgXVg3YsjoFqd
        0+4/TRI5mJ0PeU60b+LpfYsP
        -----END CERTIFICATE-----

        """

    private func end(of text: String) throws -> Instant? {
        let path = "/tmp/xinqiao-certificates-\(UUID().uuidString).pem"
        defer { try? FileManager.default.removeItem(atPath: path) }
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        return Certificates.firstEnd(in: path)
    }

    @Test func `the end of a file of certificates is that of the first one to end, whatever else is in it`() throws {
        let (early, late) = (Instant(rfc3339: "2028-01-01T22:27:31Z"), Instant(rfc3339: "2126-11-03T22:27:01Z"))
        #expect(early != nil && late != nil)
        #expect(try end(of: Self.first) == early)
        #expect(try end(of: Self.second) == late)
        #expect(try end(of: Self.second + Self.first) == early)
        let key = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"
        #expect(try end(of: key + Self.first + "# and a word\n") == early)
    }

    @Test func `a file without a certificate has no end`() throws {
        #expect(try end(of: "") == nil)
        #expect(try end(of: "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n") == nil)
        #expect(Certificates.firstEnd(in: "/nowhere/there.pem") == nil)
    }
}
