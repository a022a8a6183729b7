//! What cannot be read says where and why, and takes nothing else with it.

use statements::{Format, Statement, detect, read};

const GOOD: &str = ":20:A\r\n:25:NL71RABO0123456789\r\n:28C:1/1\r\n:60F:C230101EUR100,00\r\n\
                    :61:2301020102C10,00NTRFREF\r\n:86:text\r\n:62F:C230102EUR110,00\r\n-\r\n";

fn error(text: &str) -> String {
    read(text.as_bytes(), None)
        .unwrap()
        .into_iter()
        .find_map(Result::err)
        .unwrap()
        .to_string()
}

fn camt(balances_and_entries: &str) -> String {
    format!(
        "<?xml version=\"1.0\"?>\n<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.08\"><BkToCstmrStmt>\n\
         <Stmt><Id>S</Id><Acct><Id><IBAN>CH1</IBAN></Id><Ccy>CHF</Ccy></Acct>\n{balances_and_entries}</Stmt>\n\
         </BkToCstmrStmt></Document>"
    )
}

fn balance(code: &str, amount: &str) -> String {
    format!(
        "<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy=\"CHF\">{amount}</Amt>\
         <CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2023-01-01</Dt></Dt></Bal>\n"
    )
}

fn entry(amount: &str, more: &str) -> String {
    format!(
        "<Ntry><Amt Ccy=\"CHF\">{amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd>\
         <BookgDt><Dt>2023-01-02</Dt></BookgDt>{more}</Ntry>\n"
    )
}

#[test]
fn a_file_that_is_no_statement_is_refused_as_a_whole() {
    for (bytes, message) in [
        (&b""[..], "line 1: the file is empty"),
        (b" \r\n", "line 1: the file is empty"),
        (
            b"name,amount\n",
            "line 1: this is neither MT940 nor camt.053 nor camt.054",
        ),
        (
            b"<html></html>",
            "line 1: this is neither MT940 nor camt.053 nor camt.054",
        ),
        (
            b"<Document><BkToCstmrAcctRpt/></Document>",
            "line 1: this is an intraday report (camt.052), which has no booked closing balance; import the statement of the day instead",
        ),
        (
            b":20:A\n:25:1\n:34F:EUR1,\n",
            "line 1: this is an intraday report (MT942), which has no booked closing balance; import the statement of the day instead",
        ),
        (
            b"<Document><BkToCstmrStmt></BkToCstmrStmt></Document>",
            "line 1: the file holds no statement",
        ),
        (
            b"<?xml version=\"1.0\" encoding=\"windows-1250\"?><BkToCstmrStmt>\xFC</BkToCstmrStmt>",
            "line 1: the encoding \"windows-1250\" is not supported; UTF-8, ISO-8859-1, ISO-8859-15 and Windows-1252 are",
        ),
    ] {
        assert_eq!(read(bytes, None).unwrap_err().to_string(), message);
    }
}

#[test]
fn a_named_format_is_not_second_guessed() {
    let error = read(GOOD.as_bytes(), Some(Format::Camt053)).unwrap_err();
    assert_eq!(error.to_string(), "line 1: the file holds no statement");
}

#[test]
fn the_format_is_recognised_by_the_content() {
    assert_eq!(detect(GOOD.as_bytes()), Some(Format::Mt940));
    assert_eq!(
        detect(format!("{{1:F01X}}{{2:I940X}}{{4:\r\n{GOOD}").as_bytes()),
        Some(Format::Mt940)
    );
    assert_eq!(detect(camt("").as_bytes()), Some(Format::Camt053));
    assert_eq!(
        detect(format!("\u{FEFF}\n{}", camt("")).as_bytes()),
        Some(Format::Camt053)
    );
    assert_eq!(
        detect(b"<a:Document><a:BkToCstmrDbtCdtNtfctn/></a:Document>"),
        Some(Format::Camt054)
    );
    assert_eq!(detect(b"Date;Amount\n"), None);
}

#[test]
fn a_fault_of_mt940_names_its_line() {
    for (from, to, message) in [
        (
            ":25:NL71RABO0123456789\r\n",
            "",
            "line 1: statement 1/1: the account (:25:) is missing",
        ),
        (
            ":60F:C230101EUR100,00",
            ":60F:C230101EUR100,001",
            "line 4: account NL71RABO0123456789, statement 1/1: the opening balance (:60F:) \"C230101EUR100,001\" has the amount \"100,001\", which has more than the 2 decimals of EUR",
        ),
        (
            ":60F:C230101EUR100,00\r\n",
            "",
            "line 1: account NL71RABO0123456789, statement 1/1: the opening balance (:60F:) is missing",
        ),
        (
            ":62F:C230102EUR110,00\r\n",
            "",
            "line 1: account NL71RABO0123456789, statement 1/1: the closing balance (:62F:) is missing",
        ),
        (
            ":62F:C230102EUR110,00",
            ":62F:C230102USD110,00",
            "line 7: account NL71RABO0123456789, statement 1/1: the closing balance is in USD, but the account is in EUR",
        ),
        (
            ":61:2301020102C10,00NTRFREF",
            ":61:2301020102X10,00NTRFREF",
            "line 5: account NL71RABO0123456789, statement 1/1: the entry (:61:) \"2301020102X10,00NTRFREF\" has no C, D, RC or RD behind its dates",
        ),
        (
            ":61:2301020102C10,00NTRFREF",
            ":61:23013",
            "line 5: account NL71RABO0123456789, statement 1/1: the entry (:61:) \"23013\" has no value date (YYMMDD)",
        ),
        (
            "EUR110,00",
            "EUR92233720368547758,08",
            "line 7: account NL71RABO0123456789, statement 1/1: the closing balance (:62F:) \"C230102EUR92233720368547758,08\" has the amount \"92233720368547758,08\", which is larger than can be kept (2^63-1 minor units)",
        ),
        (
            "C10,00",
            "C92233720368547758,07",
            "line 7: account NL71RABO0123456789, statement 1/1: the balances or entries add up to more than can be kept (2^63-1 minor units)",
        ),
    ] {
        let text = GOOD.replace(from, to);
        assert_ne!(text, GOOD);
        // Behind another statement, so that the others count and lines are of the file.
        let both = format!("{text}{}", GOOD.replace(":25:NL71", ":25:NL72"));
        let read = read(both.as_bytes(), None).unwrap();
        assert_eq!(read.len(), 2, "{message}");
        assert_eq!(read[0].as_ref().unwrap_err().to_string(), message);
        assert_eq!(read[1].as_ref().unwrap().account, "NL72RABO0123456789");
    }
}

#[test]
fn a_fault_of_camt_names_its_line() {
    let whole = |amount: &str, more: &str| {
        camt(&format!(
            "{}{}{}",
            balance("OPBD", "100"),
            entry(amount, more),
            balance("CLBD", "110")
        ))
    };
    assert!(read(whole("10", "").as_bytes(), None).unwrap()[0].is_ok());
    assert_eq!(
        error(&whole("10.001", "")),
        "line 5: account CH1, statement S: the amount (Amt) \"10.001\" has more than the 2 decimals of CHF"
    );
    assert_eq!(
        error(&whole("ten", "")),
        "line 5: account CH1, statement S: the amount (Amt) \"ten\" is not an amount: digits with at most one decimal mark"
    );
    assert_eq!(
        error(&whole("10", "").replacen("CRDT</CdtDbtInd><BookgDt>", "UP</CdtDbtInd><BookgDt>", 1)),
        "line 5: account CH1, statement S: the mark (CdtDbtInd) \"UP\" is neither CRDT nor DBIT"
    );
    assert_eq!(
        error(&whole("10", "").replace("2023-01-02", "02.01.2023")),
        "line 5: account CH1, statement S: the date \"02.01.2023\" is not a date like 2026-11-22"
    );
    assert_eq!(
        error(&whole("10", "").replace("<BookgDt><Dt>2023-01-02</Dt></BookgDt>", "")),
        "line 5: account CH1, statement S: the entry's date (BookgDt) is missing"
    );
    assert_eq!(
        error(&whole("10", "").replacen("Ccy=\"CHF\">10<", "Ccy=\"EUR\">10<", 1)),
        "line 5: account CH1, statement S: the entry is in EUR, but the account is in CHF"
    );
    assert_eq!(
        error(&whole("10", "").replace("CLBD", "CLAV")),
        "line 3: account CH1, statement S: the closing balance (Bal of type CLBD) is missing"
    );
    assert_eq!(
        error(&whole("10", "").replace("<IBAN>CH1</IBAN>", "")),
        "line 3: statement S: the account (Acct/Id) is missing"
    );
    assert!(
        error(&whole("11", ""))
            .starts_with("line 6: account CH1, statement S: the statement contradicts itself")
    );
}

#[test]
fn xml_that_breaks_off_keeps_the_statements_before_it() {
    let one = camt(&format!("{}{}", balance("OPBD", "1"), balance("CLBD", "1")));
    let broken = one.replace("</BkToCstmrStmt></Document>", "<Stmt>\n<Id>");
    let read = read(broken.as_bytes(), None).unwrap();
    assert_eq!(read.len(), 2);
    assert!(read[0].is_ok());
    assert_eq!(
        read[1].as_ref().unwrap_err().to_string(),
        "line 8: the XML is not well-formed: the file ends inside an element"
    );
}

#[test]
fn hostile_xml_is_refused_and_not_followed() {
    let deep = camt(&"<a>".repeat(100_000));
    assert!(error(&deep).contains("nested more than 64 deep"));
    let bomb = camt("<Id>&lol;</Id>")
        .replace("<Document", "<!DOCTYPE d [<!ENTITY lol \"lol\">]><Document");
    assert!(error(&bomb).contains("the entity &lol; is not one of XML's own"));
    assert!(error(&camt("<Id>&#0;</Id>")).contains("not well-formed"));
}

fn only(text: &str) -> Statement {
    read(text.as_bytes(), None).unwrap().remove(0).unwrap()
}

#[test]
fn pending_entries_are_left_out_and_named() {
    let pending = entry("5", "<Sts><Cd>PDNG</Cd></Sts>");
    let booked = entry("10", "<Sts>BOOK</Sts>");
    let statement = only(&camt(&format!(
        "{}{pending}{booked}{}",
        balance("OPBD", "100"),
        balance("CLBD", "110")
    )));
    assert_eq!(statement.entries.len(), 1);
    assert_eq!(
        statement.left_out[0].reason,
        "5.00 CHF is not booked (status PDNG)"
    );
    assert_eq!(statement.left_out[0].line, 5);
}

#[test]
fn pages_of_camt_open_and_close_with_interim_balances() {
    let page = only(&camt(&format!(
        "{}{}{}",
        balance("ITBD", "100"),
        entry("10", ""),
        balance("ITBD", "110")
    )));
    assert_eq!(page.opening.unwrap().amount.minor(), 10_000);
    assert!(!page.opening_derived);
}

#[test]
fn a_missing_opening_balance_follows_from_the_closing_unless_the_summary_says_otherwise() {
    let summary = |net: &str| {
        format!(
            "<TxsSummry><TtlNtries><TtlNetNtry><Amt>{net}</Amt><CdtDbtInd>CRDT</CdtDbtInd></TtlNetNtry></TtlNtries></TxsSummry>\n"
        )
    };
    let with = |net: &str| {
        camt(&format!(
            "{}{}{}",
            balance("CLBD", "110"),
            summary(net),
            entry("10", "")
        ))
    };
    let statement = only(&with("10"));
    assert!(statement.opening_derived);
    assert_eq!(statement.opening.unwrap().amount.minor(), 10_000);
    assert_eq!(
        error(&with("11")),
        "line 5: account CH1, statement S: the statement contradicts itself: its entries add up to 10.00 CHF, but its summary says 11.00 CHF"
    );
}

#[test]
fn a_notification_has_entries_and_no_balances() {
    let text = camt(&entry("10", ""))
        .replace("BkToCstmrStmt", "BkToCstmrDbtCdtNtfctn")
        .replace("Stmt>", "Ntfctn>");
    let statement = only(&text);
    assert_eq!(
        (
            statement.opening,
            statement.closing,
            statement.entries.len()
        ),
        (None, None, 1)
    );
}

#[test]
fn a_reversed_entry_of_camt_moves_as_its_own_mark_says() {
    let reversed = entry("10", "<RvslInd>true</RvslInd>");
    let statement = only(&camt(&format!(
        "{}{reversed}{}",
        balance("OPBD", "100"),
        balance("CLBD", "110")
    )));
    assert!(statement.entries[0].reversal);
    assert_eq!(
        statement.entries[0].direction,
        statements::Direction::Credit
    );
}

#[test]
fn the_other_side_of_a_payment_is_read_in_old_and_new_versions() {
    let details = |party: &str| {
        format!(
            "<NtryDtls><TxDtls><Refs><EndToEndId>E1</EndToEndId></Refs><RltdPties><Dbtr>{party}</Dbtr>\
             <DbtrAcct><Id><IBAN>DE1</IBAN></Id></DbtrAcct><Cdtr><Nm>Me</Nm></Cdtr></RltdPties>\
             <RmtInf><Ustrd>Miete &amp; </Ustrd><Ustrd><![CDATA[<Mai>]]> &#252;</Ustrd></RmtInf></TxDtls></NtryDtls>"
        )
    };
    for party in ["<Nm>Müller</Nm>", "<Pty><Nm>Müller</Nm></Pty>"] {
        let statement = only(&camt(&format!(
            "{}{}{}",
            balance("OPBD", "0"),
            entry("1", &details(party)),
            balance("CLBD", "1")
        )));
        let entry = &statement.entries[0];
        assert_eq!(entry.counterparty.as_deref(), Some("Müller"));
        assert_eq!(entry.counterparty_account.as_deref(), Some("DE1"));
        assert_eq!(entry.reference.as_deref(), Some("E1"));
        assert_eq!(entry.remittance.as_deref(), Some("Miete & <Mai> ü"));
    }
}
