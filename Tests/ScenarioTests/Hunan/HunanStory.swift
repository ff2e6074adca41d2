import Contracts
import Vocabulary
import Wire

/// Row A1 of the systems: one firm's way through the whole platform, as the messages that the world sends.
///
/// E1 is registered in Changsha, files twelve months of tax, social insurance, water and electricity and bank flow, gives its
/// consent, and asks for 3,000,000 yuan over twelve months as working capital.
struct HunanStory {
    struct Step {
        let topic: String
        let id: String
        let type: String
        let subject: String
        let time: Instant
        let data: [UInt8]
    }

    let firm: String
    let applicationID: String
    /// The day of the request.
    let today: Day

    init(number: Int = 7, today: Day) {
        firm = USCC.synthetic(number: number, region: "430102")?.text ?? ""
        applicationID = "E\(number)-2026-0001"
        self.today = today
    }

    private func object(_ body: (inout JSONWriter) -> Void) -> [UInt8] { JSONWriter.encode { writer in writer.object { body(&$0) } } }

    private func step(_ topic: String, _ id: String, _ type: String, _ time: Instant, _ body: (inout JSONWriter) -> Void) -> Step {
        Step(topic: topic, id: "\(firm)-\(id)", type: type, subject: firm, time: time, data: object(body))
    }

    /// Everything that is known of the firm before it asks. The sources write different topics, so their order is nobody's to
    /// promise: whoever asks waits until these are facts.
    func records() -> [Step] {
        var steps: [Step] = []
        let opening = today - 60
        steps.append(
            step(Topic.source("market-regulation"), "registration", "registration", opening.startInChina) {
                $0.member("uscc", firm)
                $0.member("name", "长沙示范电子有限公司")
                $0.member("legalPerson", "张示范")
                $0.member("address", "长沙市芙蓉区示范路1号")
                $0.member("division", "430102")
                $0.member("industry", "3921")
                $0.member("registeredOn", "2015-03-18")
                $0.member("capital", Int64(10_000_000))
                $0.member("employees", Int64(86))
                $0.member("status", "normal")
            })
        steps.append(consent(until: today.adding(months: 12)))
        steps.append(
            step(Topic.source("credit-china"), "grade", "public-grade", (today - 40).startInChina) {
                $0.member("grade", "A")
                $0.member("evaluatedOn", (today - 45).text)
            })
        for back in stride(from: 12, through: 1, by: -1) {
            let month = today.month + -back
            let filed = month.last.startInChina
            let season = Int64(12 - back) * 20_000
            let sales: Int64 = 3_200_000 + season
            steps.append(
                step(Topic.source("tax"), "tax-\(month.text)", "tax.return", filed) {
                    $0.member("period", month.text)
                    $0.member("sales", sales)
                    $0.member("taxDue", sales / 20)
                    $0.member("taxPaid", sales / 20)
                    $0.member("grade", "A")
                    $0.member("declaredOn", (month.last + 10).text)
                })
            steps.append(
                step(Topic.source("social-insurance"), "si-\(month.text)", "social-insurance.month", filed) {
                    $0.member("period", month.text)
                    $0.member("headcount", Int64(86))
                    $0.member("due", Int64(138_000))
                    $0.member("paid", Int64(138_000))
                })
            for kind in ["electricity", "water"] {
                steps.append(
                    step(Topic.source("utility"), "\(kind)-\(month.text)", "utility.bill", filed) {
                        $0.member("period", month.text)
                        $0.member("kind", kind)
                        $0.member("quantity", Int64(kind == "water" ? 900 : 61_000))
                        $0.member("amount", Int64(kind == "water" ? 3_400 : 46_000) + season / 100)
                        $0.member("daysLate", Int64(0))
                    })
            }
            steps.append(
                step(Topic.source("bank-flow"), "flow-\(month.text)", "bank-flow.month", filed) {
                    $0.member("period", month.text)
                    $0.member("bank", "bank-b")
                    $0.member("inflow", sales + 150_000)
                    $0.member("outflow", sales - 100_000)
                    $0.member("transactions", Int64(190))
                    $0.member("largestShare", 0.23)
                })
        }
        return steps
    }

    func request() -> Step { request("request", for: applicationID, at: today.startInChina + .seconds(36_000)) }

    /// Asks for the same once more, under a number of its own.
    func request(again application: String, at time: Instant) -> Step { request(application, for: application, at: time) }

    private func request(_ id: String, for application: String, at time: Instant) -> Step {
        step(Topic.portalIn, id, "financing.requested", time) {
            $0.member("applicationId", application)
            $0.member("amount", Int64(3_000_000))
            $0.member("months", Int64(12))
            $0.member("purpose", "working-capital")
            $0.member("consentId", consentID)
        }
    }

    var consentID: String { "C-\(firm)-1" }

    func consent(until: Day) -> Step {
        step(Topic.portalIn, "consent", "consent.granted", (today - 50).startInChina) {
            $0.member("consentId", consentID)
            $0.member("receivers", array: { list in list.element("*") })
            $0.member(
                "categories",
                array: { list in
                    for category in [
                        "registration", "tax", "social-insurance", "utility", "bank-flow", "judicial", "score", "portrait", "application",
                        "loan",
                    ] { list.element(category) }
                })
            $0.member(
                "purposes",
                array: { list in
                    for purpose in ["collection", "loan-application", "post-loan", "policy"] { list.element(purpose) }
                })
            $0.member("from", (today - 400).text)
            $0.member("until", until.text)
            $0.member("signature", "signed")
            $0.member("channel", "xiangyiban")
        }
    }

    func revocation(at time: Instant) -> Step {
        step(Topic.portalIn, "revocation", "consent.revoked", time) { $0.member("consentId", consentID) }
    }

    /// A bank pays out on the story's day, without more before it.
    func disbursement(by institution: String) -> [Step] {
        answers(of: institution, from: today.startInChina).filter { $0.type == "financing.disbursed" }
    }

    /// What the chosen bank answers, one after another: 受理, 授信, 放款, 结清.
    func answers(of institution: String, from moment: Instant) -> [Step] {
        let topic = Topic.institutionIn(institution)
        let loan = "L-\(applicationID)"
        func answer(_ kind: String, _ place: Int, _ body: (inout JSONWriter) -> Void) -> Step {
            step(topic, kind, "financing.\(kind)", moment + .seconds(Int64(place) * 3_600)) {
                $0.member("applicationId", applicationID)
                $0.member("institution", institution)
                body(&$0)
            }
        }
        return [
            answer("accepted", 1) { $0.member("acceptedOn", today.text) },
            answer("credited", 2) {
                $0.member("creditLimit", Int64(3_000_000))
                $0.member("annualRateBp", Int64(395))
                $0.member("months", Int64(12))
            },
            answer("disbursed", 3) {
                $0.member("loanId", loan)
                $0.member("amount", Int64(3_000_000))
                $0.member("annualRateBp", Int64(395))
                $0.member("months", Int64(12))
                $0.member("disbursedOn", today.text)
            },
            answer("settled", 4) {
                $0.member("loanId", loan)
                $0.member("settledOn", today.text)
            },
        ]
    }
}
