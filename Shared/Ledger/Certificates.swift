import COpenSSL
import Vocabulary

/// The certificates of a PEM file, such as a service shows to the brokers. Source: RFC 5280 and RFC 7468, read by libcrypto.
public enum Certificates {
    /// When the first of them ends; nil where the file has none that can be read.
    public static func firstEnd(in path: String) -> Instant? {
        guard let file = unsafe BIO_new_file(path, "r") else {
            ERR_clear_error()
            return nil
        }
        defer { unsafe BIO_free(file) }
        var ends: [Instant] = []
        while let certificate = unsafe PEM_read_bio_X509(file, nil, nil, nil) {
            defer { unsafe X509_free(certificate) }
            var parts = unsafe tm()
            guard unsafe ASN1_TIME_to_tm(unsafe X509_get0_notAfter(certificate), &parts) == 1 else { continue }
            ends.append(Instant(microseconds: Int64(unsafe timegm(&parts)) * 1_000_000))
        }
        // At its end the file is said to have no further certificate, which is no error.
        ERR_clear_error()
        return ends.min()
    }
}
