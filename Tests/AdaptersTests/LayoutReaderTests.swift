import Adapters
import Testing
import Wire

struct LayoutReaderTests {
    @Test func `a line becomes a record with the unit changed exactly and the month's last day`() throws {
        let layout = try LayoutDesk.layout(LayoutDesk.flow())
        for chunk in [1, 2, 7, 1_000] {
            #expect(
                try LayoutDesk.read(layout, "单位,月份,流入\nA,202602,\"1,234.5678\"\r\nB,202512,-0.01", chunk: chunk) == [
                    #"2 A 2026-02-28 {"period":"2026-02","inflow":12345678}"#, #"3 B 2025-12-31 {"period":"2025-12","inflow":-100}"#,
                ])
        }
    }

    @Test func `columns stand in any order under their names, and a name too many or too few refuses the file`() throws {
        let layout = try LayoutDesk.layout(LayoutDesk.flow(#""ignored":["备注"],"#))
        #expect(
            try LayoutDesk.read(layout, "\u{FEFF}备注,流入,单位,月份\nx,1,A,202601\n") == [
                #"2 A 2026-01-31 {"period":"2026-01","inflow":10000}"#
            ])
        #expect(throws: FileDefect.self) { try LayoutDesk.read(layout, "流入,单位\n1,A\n") }
        #expect(throws: FileDefect.self) { try LayoutDesk.read(layout, "流入,单位,月份,别的\n1,A,202601,x\n") }
        #expect(throws: FileDefect.self) { try LayoutDesk.read(layout, "流入,单位,月份,单位\n1,A,202601,x\n") }
        #expect(throws: FileDefect.self) { try LayoutDesk.read(layout, "") }
    }

    @Test func `every bad line is refused by itself with its number, column and code`() throws {
        let layout = try LayoutDesk.layout(LayoutDesk.flow())
        let file = """
            单位,月份,流入
            A,202601,1
            A,202613,1
            A,202601,one
            A,202601,1.0000001
            A,202601
            ,202601,1
            A,202601,1"2
            A,202601,"1"2
            A,202601,99999999999999999999

            A,202601,"1,23"
            A,202602,2
            """
        #expect(
            try LayoutDesk.read(layout, file) == [
                #"2 A 2026-01-31 {"period":"2026-01","inflow":10000}"#, "3 date 月份 2", "4 number 流入 3", "5 decimals 流入 3",
                "6 cell-count - 0", "7 cell-missing 单位 1", "8 quote - 11", "9 quote - 13", "10 number 流入 3", "12 number 流入 3",
                #"13 A 2026-02-28 {"period":"2026-02","inflow":20000}"#,
            ])
    }

    @Test func `a quoted cell may hold delimiters, quotes and line breaks, and lines are counted in the file`() throws {
        let layout = try LayoutDesk.layout(
            """
            {"source":"s","recordType":"t","format":"csv","encoding":"utf-8","columns":["a","b"],"subject":{"column":"a"},
             "occurredAt":{"constant":"2026-01-01"},"fields":{"b":{"column":"b"}}}
            """)
        #expect(
            try LayoutDesk.read(layout, "a,b\nx,\"1,\"\"2\"\"\n3\"\ny,4\n") == [
                #"2 x 2026-01-01 {"b":"1,\"2\"\n3"}"#, #"4 y 2026-01-01 {"b":"4"}"#,
            ])
    }

    @Test func `a stray quote costs its own line and not the rest of the file`() throws {
        let layout = try LayoutDesk.layout(LayoutDesk.flow())
        let file = "单位,月份,流入\nA,202601,\"1\nB,202601,2\nC,202601,3\n"
        #expect(
            try LayoutDesk.read(layout, file) == [
                "2 quote-open - 0", #"3 B 2026-01-31 {"period":"2026-01","inflow":20000}"#,
                #"4 C 2026-01-31 {"period":"2026-01","inflow":30000}"#,
            ])
    }

    @Test func `a line beyond a mebibyte is refused and passed over`() throws {
        let layout = try LayoutDesk.layout(LayoutDesk.flow())
        let file = "单位,月份,流入\nA,202601,1\n" + String(repeating: "x", count: 3 << 20) + "\nB,202601,2\n"
        #expect(
            try LayoutDesk.read(layout, file, chunk: 100_000).map { String($0.prefix(20)) } == [
                "2 A 2026-01-31 {\"per", "3 line-too-long - 0", "4 B 2026-01-31 {\"per",
            ])
    }

    @Test func `GB 18030 is read strictly, and a second byte that looks like the delimiter is none`() throws {
        let layout = try LayoutDesk.layout(
            """
            {"source":"s","recordType":"t","format":"csv","encoding":"gb18030","delimiter":"|","columns":["单位","名"],
             "subject":{"column":"单位"},"occurredAt":{"constant":"2026-01-01"},"fields":{"name":{"column":"名"}}}
            """)
        // 亅 is 81 7C: its second byte is a bar. 长沙 is B3 A4 C9 B3. 单位|名 is B5 A5 CE BB 7C C3 FB.
        let head: [UInt8] = [0xB5, 0xA5, 0xCE, 0xBB, 0x7C, 0xC3, 0xFB, 10]
        let good: [UInt8] = [0x41, 0x7C, 0x81, 0x7C, 0xB3, 0xA4, 0xC9, 0xB3, 10]
        let bad: [UInt8] = [0x42, 0x7C, 0xB3, 0xA4, 0xFF, 0x41, 10]
        #expect(
            try LayoutDesk.read(layout, head + good + bad + good, chunk: 3) == [
                #"2 A 2026-01-01 {"name":"亅长沙"}"#, "3 encoding - 5", #"4 A 2026-01-01 {"name":"亅长沙"}"#,
            ])
    }

    @Test func `fixed widths are counted in bytes of the file's encoding, or in characters`() throws {
        func body(_ measure: String) -> String {
            """
            {"source":"s","recordType":"t","format":"fixed","encoding":"\(measure == "bytes" ? "gb18030" : "utf-8")","measure":"\(measure)",
             "columns":[{"name":"id","start":1,"length":2},{"name":"name","start":3,"length":6},{"name":"amount","start":9,"length":6}],
             "subject":{"column":"id"},"occurredAt":{"constant":"2026-01-01"},
             "fields":{"name":{"column":"name"},"amount":{"column":"amount","type":"fen","impliedDecimals":2}}}
            """
        }
        let bytes = try LayoutDesk.layout(body("bytes"))
        let line: [UInt8] = Array("01".utf8) + [0xB3, 0xA4, 0xC9, 0xB3, 0x20, 0x20] + Array("001250".utf8)
        #expect(
            try LayoutDesk.read(bytes, line + [10] + Array(line.prefix(8)) + [10]) == [
                #"1 01 2026-01-01 {"name":"长沙","amount":1250}"#, "2 line-short amount 3",
            ])
        let characters = try LayoutDesk.layout(body("characters"))
        #expect(try LayoutDesk.read(characters, "01长沙    001250\n") == [#"1 01 2026-01-01 {"name":"长沙","amount":1250}"#])
    }

    @Test func `JSON lines are read by pointers, and a list passes as it is`() throws {
        let layout = try LayoutDesk.layout(
            """
            {"source":"s","recordType":"t","format":"jsonl","encoding":"utf-8",
             "columns":["id",{"name":"sum","pointer":"/a/sum"},{"name":"tags","pointer":"/tags"}],
             "subject":{"column":"id"},"occurredAt":{"constant":"2026-01-01"},
             "fields":{"sum":{"column":"sum","type":"number","decimals":3},"tags":{"column":"tags","type":"json"}}}
            """)
        #expect(
            try LayoutDesk.read(layout, #"{"id":"x","a":{"sum":1.25},"tags":["p","q"]}"# + "\n[1]\n{\"id\":\n" + #"{"id":"y","a":{}}"#) == [
                #"1 x 2026-01-01 {"sum":1.25,"tags":["p","q"]}"#, "2 json - 0", "3 json - 7", #"4 y 2026-01-01 {}"#,
            ])
    }

    @Test func `XML records are read by paths and attributes`() throws {
        let layout = try LayoutDesk.layout(Self.permits)
        let file = """
            <?xml version="1.0" encoding="UTF-8"?><!-- 许可 -->
            <列表 批次="7"><行 编号="A1"><名称>甲&amp;乙<![CDATA[<丙>]]></名称><地址><市>长沙</市></地址></行>
              <行 编号='B&#50;'><名称/><地址><市> 株洲 </市></地址></行>
              <行 编号="C3"><名称>x</名称><名称>y</名称></行></列表>
            """
        for chunk in [1, 5, 4_000] {
            #expect(
                try LayoutDesk.read(layout, file, chunk: chunk) == [
                    #"2 A1 2026-01-01 {"name":"甲&乙<丙>","city":"长沙"}"#, #"3 B2 2026-01-01 {"city":"株洲"}"#, "4 cell-repeated 名称 2",
                ])
        }
    }

    private static let permits = """
        {"source":"s","recordType":"t","format":"xml","encoding":"utf-8","record":"/列表/行",
         "columns":[{"name":"编号","path":"@编号"},"名称",{"name":"市","path":"地址/市"}],
         "subject":{"column":"编号"},"occurredAt":{"constant":"2026-01-01"},
         "fields":{"name":{"column":"名称"},"city":{"column":"市"}}}
        """

    @Test(arguments: [
        "<!DOCTYPE a [<!ENTITY x \"y\">]><列表/>", "<列表><行></列表></行>", "<列表>&x;</列表>", "<列表/><列表/>", "<列表 a=\"1\" a=\"2\"/>", "<列表>", "text",
        "<列表 a=1/>", "<列表>&#0;</列表>", "<列表><![CDATA[x</列表>", "", "<1/>",
    ])
    func `what is not the strict part of XML stops the file`(_ text: String) throws {
        let layout = try LayoutDesk.layout(Self.permits)
        #expect(throws: FileDefect.self) { try LayoutDesk.read(layout, text) }
    }

    @Test func `elements nest only so deep`() throws {
        let layout = try LayoutDesk.layout(Self.permits)
        #expect(throws: FileDefect.self) { try LayoutDesk.read(layout, String(repeating: "<a>", count: 65)) }
    }

    @Test func `codes, words, dates and computed fields become what the entry says`() throws {
        let layout = try LayoutDesk.layout(
            """
            {"source":"s","recordType":"t","format":"csv","encoding":"utf-8","header":false,"delimiter":"\\t","quote":null,"absent":["-"],
             "columns":["id","grade","paid","when","total","part","tags"],
             "subject":{"column":"id"},"occurredAt":{"column":"when","type":"instant","date":"yyyy年M月d日 HH:mm"},
             "fields":{
               "grade":{"column":"grade","codes":"grades"},
               "paid":{"column":"paid","type":"bool","true":["是"],"false":["否"]},
               "on":{"column":"when","type":"instant","date":"yyyy年M月d日 HH:mm"},
               "kind":{"constant":"x"},
               "total":{"column":"total","type":"yuan","unit":"千元"},
               "share":{"compute":{"/":[{"var":"column.part"},{"var":"total"}]},"type":"number","decimals":4},
               "large":{"compute":{">":[{"var":"total"},1000]},"type":"bool"},
               "tags":{"column":"tags","type":"list","separator":";"}}}
            """)
        #expect(
            try LayoutDesk.read(
                layout,
                "A\t2\t是\t2026年3月9日 08:30\t2\t500\ta;b\nA\t9\t是\t2026年3月9日 08:30\t2\t1\t-\nA\t1\t或\t2026年3月9日 08:30\t2\t1\t-\n"
                    + "A\t1\t否\t2026年2月30日 08:30\t-\t1\t-\nA\t1\t否\t2026年12月10日 23:59\t-\t1\t-\n"
            ) == [
                #"1 A 2026-03-09 {"grade":"ordinary","paid":true,"on":"2026-03-09T00:30:00Z","kind":"x","total":2000,"tags":["a","b"],"share":0.25,"large":true}"#,
                "2 code-unknown grade 2", "3 bool paid 3", "4 date when 4",
                #"5 A 2026-12-10 {"grade":"minor","paid":false,"on":"2026-12-10T15:59:00Z","kind":"x"}"#,
            ])
    }

    @Test func `reading on from a position gives what is left and nothing else`() throws {
        let layout = try LayoutDesk.layout(LayoutDesk.flow())
        var file = "单位,月份,流入\n"
        for number in 1...50 { file += "F\(number),2026\(number % 12 < 9 ? "0" : "")\(number % 12 + 1),\"\(number)\"\n" }
        let bytes = Array(file.utf8)
        let whole = try LayoutDesk.read(layout, bytes)
        #expect(whole.count == 50)
        var reader = LayoutReader(layout, read: LayoutDesk.feed(bytes, chunk: 11))
        for taken in 1..<50 {
            _ = try reader.next()
            let position = try #require(reader.position)
            var later = LayoutReader(layout, read: LayoutDesk.feed(bytes, chunk: 13))
            try later.resume(at: position, read: LayoutDesk.feed(Array(bytes[position.offset...]), chunk: 5))
            var rest: [String] = []
            while let reading = try later.next() { rest.append(LayoutDesk.text(reading)) }
            #expect(rest == Array(whole[taken...]))
        }
    }

    @Test func `a refused line keeps its bytes and its place, and no reason repeats a value`() throws {
        let layout = try LayoutDesk.layout(LayoutDesk.flow())
        let file = Array("单位,月份,流入\nA,202601,秘密\n".utf8)
        var reader = LayoutReader(layout, read: LayoutDesk.feed(file, chunk: 4))
        guard case .rejected(let rejected) = try reader.next() else {
            Issue.record("not refused")
            return
        }
        #expect(String(decoding: rejected.bytes, as: UTF8.self) == "A,202601,秘密")
        #expect(Array(file[rejected.offset..<rejected.offset + rejected.bytes.count]) == rejected.bytes)
        #expect(!rejected.defect.detail.contains("秘密"))
    }
}
