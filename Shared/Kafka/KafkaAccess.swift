import CRdKafka

/// One entry of the broker's access control list: somebody may (or may not) do something to some resource.
public struct AccessRule: Hashable, Sendable {
    /// Kafka's form: `User:` and the name.
    public let principal: String
    /// From where; `*` is anywhere.
    public let host: String
    public let operation: Operation
    public let permission: Permission
    public let resource: Resource
    /// The resource's name, or its beginning.
    public let name: String
    public let pattern: Pattern

    /// Kafka's numbers of the protocol; others than these exist, and are kept as they came.
    public struct Operation: Hashable, Sendable {
        fileprivate let number: UInt32

        public static let read = Operation(number: RD_KAFKA_ACL_OPERATION_READ.rawValue)
        public static let write = Operation(number: RD_KAFKA_ACL_OPERATION_WRITE.rawValue)
        public static let create = Operation(number: RD_KAFKA_ACL_OPERATION_CREATE.rawValue)
        public static let describe = Operation(number: RD_KAFKA_ACL_OPERATION_DESCRIBE.rawValue)
        public static let describeConfigs = Operation(number: RD_KAFKA_ACL_OPERATION_DESCRIBE_CONFIGS.rawValue)
        public static let alterConfigs = Operation(number: RD_KAFKA_ACL_OPERATION_ALTER_CONFIGS.rawValue)
    }

    public struct Permission: Hashable, Sendable {
        fileprivate let number: UInt32

        public static let allow = Permission(number: RD_KAFKA_ACL_PERMISSION_TYPE_ALLOW.rawValue)
    }

    public struct Resource: Hashable, Sendable {
        fileprivate let number: UInt32

        public static let topic = Resource(number: RD_KAFKA_RESOURCE_TOPIC.rawValue)
        public static let group = Resource(number: RD_KAFKA_RESOURCE_GROUP.rawValue)
    }

    public struct Pattern: Hashable, Sendable {
        fileprivate let number: UInt32

        public static let literal = Pattern(number: RD_KAFKA_RESOURCE_PATTERN_LITERAL.rawValue)
        public static let prefixed = Pattern(number: RD_KAFKA_RESOURCE_PATTERN_PREFIXED.rawValue)
    }
}

extension AccessRule {
    /// Permits `user` the operation, from anywhere.
    public init(_ user: String, may operation: Operation, _ resource: Resource, _ name: String, pattern: Pattern = .literal) {
        self.init(
            principal: "User:" + user, host: "*", operation: operation, permission: .allow, resource: resource, name: name,
            pattern: pattern)
    }
}

extension AccessRule: CustomStringConvertible {
    /// One line, in Kafka's words: `institution.bank-a READ TOPIC LITERAL institution.bank-a.out.v1`.
    public var description: String {
        let user = principal.hasPrefix("User:") ? String(principal.dropFirst("User:".count)) : principal
        let words = unsafe [
            rd_kafka_AclOperation_name(rd_kafka_AclOperation_t(operation.number)),
            rd_kafka_ResourceType_name(rd_kafka_ResourceType_t(resource.number)),
            rd_kafka_ResourcePatternType_name(rd_kafka_ResourcePatternType_t(pattern.number)),
        ].map { unsafe $0.map { unsafe String(cString: $0) } ?? "?" }
        let isUsual = permission == .allow && host == "*"
        let remark =
            isUsual
            ? ""
            : unsafe " \(String(cString: rd_kafka_AclPermissionType_name(rd_kafka_AclPermissionType_t(permission.number)))) from \(host)"
        return ([user] + words + [name]).joined(separator: " ") + remark
    }
}

extension KafkaFault {
    /// The broker keeps no access rights: whoever reaches it may do everything.
    public var isWithoutAuthorizer: Bool {
        guard case .other(let code, _, _) = self else { return false }
        return code == RD_KAFKA_RESP_ERR_SECURITY_DISABLED.rawValue
    }
}

extension KafkaAdmin {
    /// Every entry of the broker's list. A broker without an authorizer keeps none: `isWithoutAuthorizer`.
    public func accessRules(timeout: Duration) throws(KafkaFault) -> Set<AccessRule> {
        // The embedded broker names a controller that is none of its brokers, and the library would look for it until the time is up.
        guard try hasController(timeout: timeout) else {
            throw KafkaFault(
                RD_KAFKA_RESP_ERR_SECURITY_DISABLED, during: "list access rules", reason: "this broker does not keep access rights")
        }
        var reason = [CChar](repeating: 0, count: 512)
        let all = unsafe rd_kafka_AclBindingFilter_new(
            RD_KAFKA_RESOURCE_ANY, nil, RD_KAFKA_RESOURCE_PATTERN_ANY, nil, nil, RD_KAFKA_ACL_OPERATION_ANY,
            RD_KAFKA_ACL_PERMISSION_TYPE_ANY, &reason, reason.count)
        guard let all = unsafe all else { throw .configuration(key: "access rules", reason: text(of: reason)) }
        defer { unsafe rd_kafka_AclBinding_destroy(all) }
        let answer = unsafe try ask(RD_KAFKA_ADMIN_OP_DESCRIBEACLS, "list access rules", timeout) { options, queue in
            unsafe rd_kafka_DescribeAcls(raw, all, options, queue)
        }
        var count = 0
        let found = unsafe rd_kafka_DescribeAcls_result_acls(rd_kafka_event_DescribeAcls_result(answer.raw), &count)
        var rules: Set<AccessRule> = []
        for index in 0..<count {
            guard let binding = unsafe found?[index] else { continue }
            unsafe rules.insert(
                AccessRule(
                    principal: String(cString: rd_kafka_AclBinding_principal(binding)),
                    host: String(cString: rd_kafka_AclBinding_host(binding)),
                    operation: .init(number: rd_kafka_AclBinding_operation(binding).rawValue),
                    permission: .init(number: rd_kafka_AclBinding_permission_type(binding).rawValue),
                    resource: .init(number: rd_kafka_AclBinding_restype(binding).rawValue),
                    name: String(cString: rd_kafka_AclBinding_name(binding)),
                    pattern: .init(number: rd_kafka_AclBinding_resource_pattern_type(binding).rawValue)))
        }
        return rules
    }

    /// Adds the rules; those that are there already stay. Throws at the first one that is refused.
    public func add(_ rules: [AccessRule], timeout: Duration) throws(KafkaFault) {
        guard !rules.isEmpty else { return }
        var bindings = unsafe try bindings(rules, rd_kafka_AclBinding_new)
        defer { unsafe rd_kafka_AclBinding_destroy_array(&bindings, bindings.count) }
        let answer = unsafe try ask(RD_KAFKA_ADMIN_OP_CREATEACLS, "add access rules", timeout) { options, queue in
            unsafe rd_kafka_CreateAcls(raw, &bindings, bindings.count, options, queue)
        }
        var count = 0
        let results = unsafe rd_kafka_CreateAcls_result_acls(rd_kafka_event_CreateAcls_result(answer.raw), &count)
        for index in 0..<count { unsafe try check(rd_kafka_acl_result_error(results?[index]), "add access rule \(rules[index])") }
    }

    /// Takes exactly these rules away; those that are not there are no fault. Throws at the first one that is refused.
    public func remove(_ rules: [AccessRule], timeout: Duration) throws(KafkaFault) {
        guard !rules.isEmpty else { return }
        var filters = unsafe try bindings(rules, rd_kafka_AclBindingFilter_new)
        defer { unsafe rd_kafka_AclBinding_destroy_array(&filters, filters.count) }
        let answer = unsafe try ask(RD_KAFKA_ADMIN_OP_DELETEACLS, "remove access rules", timeout) { options, queue in
            unsafe rd_kafka_DeleteAcls(raw, &filters, filters.count, options, queue)
        }
        var count = 0
        let results = unsafe rd_kafka_DeleteAcls_result_responses(rd_kafka_event_DeleteAcls_result(answer.raw), &count)
        for index in 0..<count {
            unsafe try check(rd_kafka_DeleteAcls_result_response_error(results?[index]), "remove access rule \(rules[index])")
        }
    }

    private typealias Making = (
        rd_kafka_ResourceType_t, UnsafePointer<CChar>?, rd_kafka_ResourcePatternType_t, UnsafePointer<CChar>?, UnsafePointer<CChar>?,
        rd_kafka_AclOperation_t, rd_kafka_AclPermissionType_t, UnsafeMutablePointer<CChar>?, Int
    ) -> OpaquePointer?

    private func bindings(_ rules: [AccessRule], _ make: Making) throws(KafkaFault) -> [OpaquePointer?] {
        var bindings: [OpaquePointer?] = unsafe []
        var reason = [CChar](repeating: 0, count: 512)
        for rule in rules {
            let made = unsafe make(
                rd_kafka_ResourceType_t(rule.resource.number), rule.name, rd_kafka_ResourcePatternType_t(rule.pattern.number),
                rule.principal, rule.host, rd_kafka_AclOperation_t(rule.operation.number),
                rd_kafka_AclPermissionType_t(rule.permission.number),
                &reason, reason.count)
            guard let made = unsafe made else {
                unsafe rd_kafka_AclBinding_destroy_array(&bindings, bindings.count)
                throw .configuration(key: "\(rule)", reason: text(of: reason))
            }
            unsafe bindings.append(made)
        }
        return unsafe bindings
    }

    private func check(_ error: OpaquePointer?, _ operation: String) throws(KafkaFault) {
        guard let error = unsafe error else { return }
        let code = unsafe rd_kafka_error_code(error)
        guard code != RD_KAFKA_RESP_ERR_NO_ERROR else { return }
        throw unsafe KafkaFault(code, during: operation, reason: String(cString: rd_kafka_error_string(error)))
    }
}
