/// A subject's leave for certain receivers to get certain data for one purpose during a time. No data leaves without one that covers it.
///
/// Source: 征信业管理条例 articles 13, 14, 18; 个人信息保护法 articles 15, 17, 23; shape after public account-aggregation artefacts.
public struct Consent: Hashable, Sendable {
    /// Whom the data are about: a unified social credit code or a pseudonym, as text.
    public enum SubjectTag {}
    /// Who gave the consent: the subject, or who may act for it.
    public enum GrantorTag {}
    /// An institution that gets data.
    public enum ReceiverTag {}
    /// A data category of the catalogue.
    public enum CategoryTag {}
    /// A purpose of the catalogue.
    public enum PurposeTag {}

    public typealias ID = Identifier<Consent>
    public typealias Subject = Identifier<SubjectTag>
    public typealias Grantor = Identifier<GrantorTag>
    public typealias Receiver = Identifier<ReceiverTag>
    public typealias Category = Identifier<CategoryTag>
    public typealias Purpose = Identifier<PurposeTag>

    public let id: ID
    public let subject: Subject
    public let grantor: Grantor
    public let receivers: Set<Receiver>
    public let categories: Set<Category>
    public let purpose: Purpose
    /// The product or application for which it was given; nil when for the purpose as such.
    public let occasion: String?
    public let mode: Mode
    public let fetch: Fetch
    /// The first moment it covers.
    public let start: Instant
    /// The first moment it no longer covers.
    public let expiry: Instant
    /// How long the receiver may keep what it got.
    public let dataLife: Duration
    public let status: Status
    /// Where it was given: portal, counter, paper.
    public let channel: String
    /// Digest of the signed evidence, in lower-case hex.
    public let evidenceHash: String

    public init(
        id: ID, subject: Subject, grantor: Grantor, receivers: Set<Receiver>, categories: Set<Category>, purpose: Purpose,
        occasion: String?, mode: Mode, fetch: Fetch, start: Instant, expiry: Instant, dataLife: Duration, status: Status,
        channel: String, evidenceHash: String
    ) {
        self.id = id
        self.subject = subject
        self.grantor = grantor
        self.receivers = receivers
        self.categories = categories
        self.purpose = purpose
        self.occasion = occasion
        self.mode = mode
        self.fetch = fetch
        self.start = start
        self.expiry = expiry
        self.dataLife = dataLife
        self.status = status
        self.channel = channel
        self.evidenceHash = evidenceHash
    }

    /// Whether data of `category` about `subject` may go to `receiver` for `purpose` at this moment.
    ///
    /// The first reason against it is named, identity before scope before time. `start` counts, `expiry` does not.
    public func covers(
        subject: Subject, receiver: Receiver, category: Category, purpose: Purpose, at moment: Instant
    ) -> ConsentCoverage {
        guard subject == self.subject else { return .notCovered(.otherSubject) }
        guard receivers.contains(receiver) else { return .notCovered(.otherReceiver(receiver)) }
        guard categories.contains(category) else { return .notCovered(.otherCategory(category)) }
        guard purpose == self.purpose else { return .notCovered(.otherPurpose(purpose)) }
        switch status {
        case .pending: return .notCovered(.notGivenYet)
        case .paused(let since): return .notCovered(.paused(since: since))
        case .revoked(let at): return .notCovered(.revoked(at: at))
        case .expired(let at): return .notCovered(.expired(at: at))
        case .active: break
        }
        guard moment >= start else { return .notCovered(.notStarted(start)) }
        guard moment < expiry else { return .notCovered(.expired(at: expiry)) }
        return .covered
    }

    /// The same consent in another state.
    public func with(_ status: Status) -> Consent {
        Consent(
            id: id, subject: subject, grantor: grantor, receivers: receivers, categories: categories, purpose: purpose,
            occasion: occasion, mode: mode, fetch: fetch, start: start, expiry: expiry, dataLife: dataLife, status: status,
            channel: channel, evidenceHash: evidenceHash)
    }
}

extension Consent {
    /// What the receiver may do.
    public enum Mode: String, CaseIterable, Sendable {
        /// See it, keep nothing.
        case view = "VIEW"
        /// Keep it for the data life.
        case store = "STORE"
        /// Ask questions of it and get answers, not the data.
        case query = "QUERY"
        /// Get what changes, as it changes.
        case stream = "STREAM"
    }

    /// How often the receiver may fetch.
    public enum Fetch: Hashable, Sendable {
        case oneTime
        case periodic(every: Duration)
    }

    /// Where a consent stands; a state carries what exists in it.
    public enum Status: Hashable, Sendable {
        /// Asked for, not given.
        case pending
        case active(since: Instant)
        case paused(since: Instant)
        /// Withdrawn, or declined when asked. Final.
        case revoked(at: Instant)
        /// Its time is over. Final.
        case expired(at: Instant)

        /// Stable name, as in messages.
        public var code: String {
            switch self {
            case .pending: "PENDING"
            case .active: "ACTIVE"
            case .paused: "PAUSED"
            case .revoked: "REVOKED"
            case .expired: "EXPIRED"
            }
        }

        /// The status after a step. Withdrawal is possible from every state that is not final, at any time and as easily as giving.
        public func after(_ step: Step, at moment: Instant) -> Transition {
            switch (self, step) {
            case (.pending, .give), (.paused, .resume): .to(.active(since: moment))
            case (.active, .pause): .to(.paused(since: moment))
            case (.pending, .revoke), (.active, .revoke), (.paused, .revoke): .to(.revoked(at: moment))
            case (.pending, .expire), (.active, .expire), (.paused, .expire): .to(.expired(at: moment))
            case (.active, .give), (.active, .resume), (.paused, .pause), (.revoked, .revoke), (.expired, .expire): .unchanged
            case (.pending, .pause), (.pending, .resume), (.paused, .give),
                (.revoked, .give), (.revoked, .pause), (.revoked, .resume), (.revoked, .expire),
                (.expired, .give), (.expired, .pause), (.expired, .resume), (.expired, .revoke):
                .refused(step, in: self)
            }
        }
    }

    /// What can happen to a consent.
    public enum Step: String, CaseIterable, Sendable {
        case give, pause, resume, revoke, expire
    }

    /// What a step leads to.
    public enum Transition: Hashable, Sendable {
        case to(Status)
        /// Said twice: nothing new.
        case unchanged
        /// Not possible in this state.
        case refused(Step, in: Status)
    }
}

/// Whether a consent covers a release.
public enum ConsentCoverage: Hashable, Sendable {
    case covered
    case notCovered(ConsentGap)
}

/// Why a consent does not cover a release.
public enum ConsentGap: Hashable, Sendable {
    case otherSubject
    case otherReceiver(Consent.Receiver)
    case otherCategory(Consent.Category)
    case otherPurpose(Consent.Purpose)
    case notGivenYet
    case notStarted(Instant)
    case paused(since: Instant)
    case revoked(at: Instant)
    case expired(at: Instant)

    /// Stable name, for the release's audit record and counters.
    public var code: String {
        switch self {
        case .otherSubject: "consent-other-subject"
        case .otherReceiver: "consent-other-receiver"
        case .otherCategory: "consent-other-category"
        case .otherPurpose: "consent-other-purpose"
        case .notGivenYet: "consent-not-given-yet"
        case .notStarted: "consent-not-started"
        case .paused: "consent-paused"
        case .revoked: "consent-revoked"
        case .expired: "consent-expired"
        }
    }
}
