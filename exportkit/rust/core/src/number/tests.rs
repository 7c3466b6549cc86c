//! Numbers: read, compared and written.

use super::*;

fn json(text: &str) -> Result<Decimal, Reason> {
    Decimal::from_json(text.as_bytes())
}

fn spelled(text: &str) -> String {
    let mut out = Vec::new();
    json(text).unwrap().write(&mut out);
    String::from_utf8(out).unwrap()
}

fn ion(text: &str) -> String {
    let mut out = Vec::new();
    Decimal::from_checked(text.as_bytes()).unwrap().write_ion(&mut out);
    String::from_utf8(out).unwrap()
}

#[test]
fn equal_values_are_equal() {
    let hundred = json("100").unwrap();
    for text in ["1e2", "1E+2", "+100.000", "0.01e4", "1000e-1", "00100", "100."] {
        assert_eq!(json(text), Ok(hundred), "{text}");
    }
    for text in ["0", "-0", "0.000", ".0", "0e999999999999999999999", "-0.0E-5", "00"] {
        assert_eq!(json(text), Ok(Decimal::ZERO), "{text}");
    }
    assert_ne!(json("1"), json("-1"));
}

#[test]
fn grammar() {
    for text in ["1.", ".5", "-.5e3", "+1E-2", "007"] {
        assert!(json(text).is_ok(), "{text}");
    }
    for text in [
        "", "-", "+", ".", "e5", "1e", "1e+", "--1", "1 ", " 1", "1_0", "0x1", "NaN", "1,5", "1d2", "1e5.", "١", "1..2",
    ] {
        assert_eq!(json(text), Err(Reason::Number), "{text}");
    }
}

#[test]
fn borders() {
    let nines = "9".repeat(38);
    for text in [
        nines.clone(),
        format!("{nines}00000"),
        format!("0.000{nines}"),
        format!("1{}", "0".repeat(100)),
        format!("1{}e-200", "0".repeat(300)),
        "9.99e125".into(),
        "1e-130".into(),
        format!("{nines}e88"),
        format!("0.{}1e100000", "0".repeat(99_999)),
    ] {
        assert!(json(&text).is_ok(), "{text}");
    }
    for text in [
        format!("{nines}1"),
        format!("1{}1", "0".repeat(37)),
        format!("1{}1e500", "0".repeat(5000)),
    ] {
        assert_eq!(json(&text), Err(Reason::NumberPrecision), "{text}");
    }
    for text in [
        "1e126",
        "10e125",
        "1e-131",
        "0.1e-130",
        "1e99999999999999999999999",
        "-1e-99999999999999999999999",
    ] {
        assert_eq!(json(text), Err(Reason::NumberRange), "{text}");
    }
}

#[test]
fn the_service_spelling() {
    for (text, expected) in [
        ("616e2", "61600"),
        ("0.0000001", "0.0000001"),
        ("0.00000001", "1E-8"),
        ("-1.5", "-1.5"),
        ("1e37", "10000000000000000000000000000000000000"),
        ("1e38", "1E+38"),
        ("1e100", "1E+100"),
        ("15e-11", "1.5E-10"),
        ("-0", "0"),
        (
            "12345678901234567890123456789012345678",
            "12345678901234567890123456789012345678",
        ),
        ("10000000000000000001", "10000000000000000001"),
        ("10000000000000000000.5", "10000000000000000000.5"),
    ] {
        assert_eq!(spelled(text), expected);
    }
}

#[test]
fn the_ion_spelling() {
    for (text, expected) in [
        ("61600.", "616d2"),
        ("1", "1."),
        ("3.8750", "3.875"),
        ("0.001", "0.001"),
        ("0.000001", "0.000001"),
        ("0.0000001", "1d-7"),
        ("1D-10", "1d-10"),
        ("1_5d-1_1", "15d-11"),
        ("-12.5", "-12.5"),
        ("0d5", "0."),
        ("1_000", "1d3"),
        ("168437484511789d1", "168437484511789d1"),
    ] {
        assert_eq!(ion(text), expected, "{text}");
    }
}

#[test]
fn microseconds() {
    for (text, expected) in [
        ("1684374845117899", Some(1_684_374_845_117_899)),
        ("168437484511789e1", Some(1_684_374_845_117_890)),
        ("1.0", Some(1)),
        ("0", Some(0)),
        ("9223372036854775807", Some(i64::MAX.cast_unsigned())),
        ("9223372036854775808", None),
        ("-1", None),
        ("1.5", None),
        ("1e30", None),
        ("1e125", None),
    ] {
        assert_eq!(json(text).unwrap().micros(), expected, "{text}");
    }
}

#[test]
fn canonical_payloads() {
    let payload = |text: &str| {
        let mut out = Vec::new();
        json(text).unwrap().write_canonical(&mut out);
        out
    };
    assert_eq!(payload("-0.0"), b"0");
    assert_eq!(payload("100"), b"+\x00\x021");
    assert_eq!(payload("-1.5"), b"-\xff\xff15");
    let odd = "1".repeat(38);
    assert_eq!(payload(&odd)[3..], *odd.as_bytes());
}

#[test]
fn digits_of_every_length() {
    for length in 1..=38 {
        for text in [
            "1".repeat(length),
            format!("9{}7", "0".repeat(length.saturating_sub(2))),
        ] {
            if text.len() <= 38 {
                assert_eq!(spelled(&text), text);
            }
        }
    }
}
