//! Numbers and time stamps as Ion has them.

use super::*;

fn kind(text: &str) -> Option<Numeric> {
    Cursor::new(text.as_bytes()).numeric().ok().map(|(kind, _)| kind)
}

#[test]
fn numbers() {
    for text in [
        "0",
        "-0",
        "1",
        "-12",
        "1_0",
        "1_2_3",
        "0.",
        "-0.",
        "1.",
        "1.5",
        "10.0_0",
        "0d0",
        "1d2",
        "1D+2",
        "1d-2",
        "1.d2",
        "1_0.5_5d0012",
        "0d999999999",
        "1d-999999999",
        "1d0000000000000002",
        "2007",
        "1, ",
        "1 d2",
        "1{",
        "1'",
    ] {
        assert_eq!(kind(text), Some(Numeric::Decimal), "{text}");
    }
    for text in ["1e2", "-1.5E-3", "0e0", "1.e+2", "1_0e999999999"] {
        assert_eq!(kind(text), Some(Numeric::Float), "{text}");
    }
    for text in ["0x1F", "-0X1_f", "0x0"] {
        assert_eq!(kind(text), Some(Numeric::Radix(4)), "{text}");
    }
    for text in ["0b101", "-0B1_0", "0b0"] {
        assert_eq!(kind(text), Some(Numeric::Radix(1)), "{text}");
    }
    for text in [
        "-",
        "--1",
        "-a",
        "01",
        "-01",
        "00",
        "0_0",
        "0_1",
        "1__0",
        "1_",
        "1_.0",
        "1._0",
        "1.0_",
        "1.5.",
        "-.5",
        "1d",
        "1d+",
        "1d+-2",
        "1d1_0",
        "1d2d3",
        "1d2.0",
        "1e",
        "1dx",
        "1d1000000000",
        "1e-1000000000",
        "1d99999999999999999999",
        "0x",
        "0xg",
        "0x_1",
        "0x1_",
        "0x1__0",
        "0b",
        "0b2",
        "0b_1",
        "1a",
        "1:",
        "1/",
        "1é",
        "-_1",
        "1-",
        "1+",
    ] {
        assert_eq!(kind(text), None, "{text}");
    }
}

#[test]
fn timestamps() {
    for text in [
        "2007T",
        "0001T",
        "9999-12T",
        "2007-01-01",
        "2007-01-01T",
        "2008-02-29",
        "2000-02-29",
        "2007-01-01T00:00Z",
        "2007-12-31T23:59:59.999999999999Z",
        "2007-01-01T00:00-00:00",
        "2007-01-01T00:00:00+23:59,",
        "0001-01-01T00:00+23:59",
    ] {
        assert_eq!(kind(text), Some(Numeric::Timestamp), "{text}");
    }
    for text in [
        "0000T",
        "2007-",
        "2007-1T",
        "2007-01",
        "2007-13T",
        "2007-00T",
        "2007-01-00",
        "2007-01-32",
        "2007-04-31",
        "2007-02-29",
        "1900-02-29",
        "2007-01-01T0",
        "2007-01-01T00",
        "2007-01-01T00:00",
        "2007-01-01T24:00Z",
        "2007-01-01T00:60Z",
        "2007-01-01T00:00:60Z",
        "2007-01-01T00:00:00.Z",
        "2007-01-01T00:00:00.5",
        "2007-01-01T00:00+24:00",
        "2007-01-01T00:00+00:60",
        "2007-01-01T00:00+0000",
        "2007-01-01T00:00Zx",
        "2007-01-01x",
        "2007T1",
        "-2007T",
        "2007-01-01t",
        "20_7T",
    ] {
        assert_ne!(kind(text), Some(Numeric::Timestamp), "{text}");
    }
    assert_eq!(kind("2007-01-01/"), None);
    assert_eq!(kind("2007T-"), None);
}

fn spelled(value: Result<Decimal, Reason>) -> Result<String, Reason> {
    let mut out = Vec::new();
    value?.write(&mut out);
    Ok(String::from_utf8(out).unwrap())
}

#[test]
fn floats_are_shortest_decimals() {
    for (text, expected) in [
        ("0.1e0", "0.1"),
        ("1_00e-1", "10"),
        ("-0e0", "0"),
        ("-1.50e3", "-1500"),
        ("123456789012345678901e0", "123456789012345680000"),
        ("1e22", "10000000000000000000000"),
        ("9007199254740993e0", "9007199254740992"),
        ("71018667942555.625e0", "71018667942555.62"),   // as near to …63
        ("-71018667942555.375e0", "-71018667942555.38"), // as near to …37
        ("5e-100", "5E-100"),
        ("2.5e0", "2.5"),
        ("5e-131", "5E-131"),
    ] {
        let value = float(text.as_bytes());
        if text == "5e-131" {
            assert_eq!(value, Err(Reason::NumberRange));
        } else {
            assert_eq!(spelled(value).as_deref(), Ok(expected), "{text}");
        }
    }
    assert_eq!(float(b"1e400"), Err(Reason::Number));
    assert_eq!(float(b"5e-324"), Err(Reason::NumberRange));
    assert_eq!(float(b"1e-400"), Ok(Decimal::ZERO));
    assert_eq!(float(b"1e126"), Err(Reason::NumberRange));
}

#[test]
fn hexadecimal_and_binary() {
    let power = |exponent: u32| format!("0x1{}", "0".repeat(exponent as usize / 4));
    for (text, expected) in [
        ("0x0", "0"),
        ("-0x0", "0"),
        ("0xFf", "255"),
        ("-0x1_0", "-16"),
        ("0x8AC7230489E80000", "10000000000000000000"),
        (
            "0x4B3B4CA85A86C47A098A223FFFFFFFFF",
            "99999999999999999999999999999999999999",
        ),
        ("0x4B3B4CA85A86C47A098A224000000000", "1E+38"),
    ] {
        assert_eq!(spelled(radix(text.as_bytes(), 4)).as_deref(), Ok(expected), "{text}");
    }
    assert_eq!(spelled(radix(b"-0b1_01", 1)).as_deref(), Ok("-5"));
    assert_eq!(
        radix(b"0x4B3B4CA85A86C47A098A224000000001", 4),
        Err(Reason::NumberPrecision)
    );
    assert_eq!(radix(power(508).as_bytes(), 4), Err(Reason::NumberPrecision));
    assert_eq!(radix(power(512).as_bytes(), 4), Err(Reason::NumberRange));
    assert_eq!(
        radix(format!("0x{}1", "0".repeat(1_000_000)).as_bytes(), 4).map(|value| value.coefficient),
        Ok(1)
    );
    assert_eq!(
        radix(format!("0b{}", "1".repeat(1_000_000)).as_bytes(), 1),
        Err(Reason::NumberRange)
    );
}
