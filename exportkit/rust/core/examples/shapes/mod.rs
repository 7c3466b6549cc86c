//! Texts to measure with: items of five shapes, the same at every run.

use std::fmt::Write as _;
use std::time::Instant;

use exportkit_core::reader::ExportType;

/// Bytes of text that is read in one round.
const BYTES: usize = 1 << 20;
/// Bytes of a chunk.
pub(crate) const CHUNK: usize = 256 << 10;
const ROUNDS: usize = 400;

/// A small generator of numbers (xorshift).
pub(crate) struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    fn word(&mut self) -> &'static str {
        const WORDS: [&str; 16] = [
            "alpha",
            "export",
            "table",
            "of",
            "a",
            "window",
            "manifest",
            "item",
            "größe",
            "in",
            "the",
            "bucket",
            "stream",
            "partition",
            "capacity",
            "x",
        ];
        WORDS[usize::try_from(self.below(16)).unwrap_or(0)]
    }

    fn words(&mut self, count: u64) -> String {
        (0..count).map(|_| self.word()).collect::<Vec<_>>().join(" ")
    }

    fn uuid(&mut self) -> String {
        let (a, b) = (self.next(), self.next());
        format!(
            "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
            a >> 32,
            a & 0xFFFF,
            a >> 20 & 0xFFF,
            b >> 48,
            b & 0xFFFF_FFFF_FFFF
        )
    }

    fn base64(&mut self, groups: u64) -> String {
        const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let letters = (0..groups * 4).map(|_| char::from(ALPHABET[usize::try_from(self.below(64)).unwrap_or(0)]));
        letters.collect::<String>()
    }
}

/// Writes one line of a shape, of that number.
pub(crate) type Line = fn(&mut Random, u64, &mut String) -> std::fmt::Result;

fn narrow(random: &mut Random, number: u64, out: &mut String) -> std::fmt::Result {
    writeln!(
        out,
        r#"{{"Item":{{"id":{{"S":"user#{number:08}"}},"n":{{"N":"{}"}},"score":{{"N":"{}.{}"}},"count":{{"N":"{}"}},"active":{{"BOOL":{}}}}}}}"#,
        random.below(100_000),
        random.below(100),
        random.below(100),
        random.below(1000),
        random.below(2) == 0
    )
}

fn typical_attributes(random: &mut Random, number: u64, out: &mut String) -> std::fmt::Result {
    write!(
        out,
        r#""pk":{{"S":"CUSTOMER#{}"}},"sk":{{"S":"ORDER#{number:012}"}},"createdAt":{{"S":"2026-03-{:02}T{:02}:11:07.{:03}Z"}},"total":{{"N":"{}.{:02}"}},"note":{{"S":"{}"}},"#,
        random.uuid(),
        1 + random.below(28),
        random.below(24),
        random.below(1000),
        random.below(5000),
        random.below(100),
        random.words(6),
    )?;
    write!(
        out,
        r#""address":{{"M":{{"street":{{"S":"{}"}},"zip":{{"S":"{:05}"}},"geo":{{"M":{{"lat":{{"N":"{}.{:06}"}},"lon":{{"N":"-{}.{:06}"}}}}}}}}}},"tags":{{"SS":["t{}","u{}","vip"]}},"#,
        random.words(3),
        random.below(100_000),
        random.below(90),
        random.below(1_000_000),
        random.below(180),
        random.below(1_000_000),
        random.below(50),
        random.below(50),
    )?;
    out.push_str(r#""lines":{"L":["#);
    for line in 0..=random.below(3) {
        write!(
            out,
            r#"{}{{"M":{{"sku":{{"S":"SKU-{}"}},"qty":{{"N":"{}"}},"price":{{"N":"{}"}}}}}}"#,
            if line > 0 { "," } else { "" },
            random.below(100_000),
            1 + random.below(9),
            random.below(10_000)
        )?;
    }
    write!(
        out,
        r#"]}},"digest":{{"B":"{}="}},"paid":{{"BOOL":true}},"coupon":{{"NULL":true}}"#,
        &random.base64(11)[..43]
    )
}

fn typical(random: &mut Random, number: u64, out: &mut String) -> std::fmt::Result {
    out.push_str(r#"{"Item":{"#);
    typical_attributes(random, number, out)?;
    out.push_str("}}\n");
    Ok(())
}

fn sparse(random: &mut Random, number: u64, out: &mut String) -> std::fmt::Result {
    write!(out, r#"{{"Item":{{"id":{{"S":"{number}"}}"#)?;
    for attribute in 0..60 {
        if random.below(10) < 3 {
            match attribute % 3 {
                0 => write!(out, r#","attribute{attribute:02}":{{"S":"{}"}}"#, random.word())?,
                1 => write!(out, r#","attr{attribute:02}":{{"N":"{}"}}"#, random.below(10_000))?,
                _ => write!(out, r#","anAttributeName{attribute:02}":{{"BOOL":true}}"#)?,
            }
        }
    }
    out.push_str("}}\n");
    Ok(())
}

fn long(random: &mut Random, number: u64, out: &mut String) -> std::fmt::Result {
    let (words, groups) = (200 + random.below(800), 100 + random.below(300));
    writeln!(
        out,
        r#"{{"Item":{{"id":{{"S":"{number}"}},"text":{{"S":"{}\n{}"}},"blob":{{"B":"{}"}}}}}}"#,
        random.words(words),
        random.words(words),
        random.base64(groups)
    )
}

fn change(random: &mut Random, number: u64, out: &mut String) -> std::fmt::Result {
    let mut image = String::new();
    typical_attributes(random, number, &mut image)?;
    let keys: Vec<&str> = image.splitn(3, ",\"").collect();
    writeln!(
        out,
        r#"{{"Metadata":{{"WriteTimestampMicros":{{"N":"{}"}}}},"Keys":{{{},"{}}},"OldImage":{{{image}}},"NewImage":{{{image}}}}}"#,
        1_700_000_000_000_000 + number,
        keys[0],
        keys[1]
    )
}

/// Makes the text of a shape.
pub(crate) fn generate(line: Line) -> Result<String, std::fmt::Error> {
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    let mut out = String::with_capacity(BYTES + (1 << 20));
    let mut number = 0;
    while out.len() < BYTES {
        line(&mut random, number, &mut out)?;
        number += 1;
    }
    Ok(out)
}

/// Megabytes a second, the best of many short rounds: a busy machine spoils the others.
pub(crate) fn measure(bytes: usize, mut round: impl FnMut()) -> f64 {
    let seconds = |()| {
        let start = Instant::now();
        round();
        start.elapsed().as_secs_f64()
    };
    let best = [(); ROUNDS].map(seconds).into_iter().fold(f64::INFINITY, f64::min);
    #[allow(clippy::cast_precision_loss, reason = "a few megabytes")]
    let megabytes = bytes as f64 / 1e6;
    megabytes / best
}

/// What the items of a text look like.
pub(crate) struct Shape {
    pub(crate) name: &'static str,
    pub(crate) export_type: ExportType,
    /// Its key attributes.
    pub(crate) key: &'static [&'static str],
    pub(crate) line: Line,
}

/// All shapes there are.
pub(crate) const SHAPES: [Shape; 5] = [
    shape("narrow", ExportType::Full, &["id"], narrow),
    shape("typical", ExportType::Full, &["pk", "sk"], typical),
    shape("sparse", ExportType::Full, &["id"], sparse),
    shape("long", ExportType::Full, &["id"], long),
    shape("change", ExportType::Incremental, &["pk", "sk"], change),
];

const fn shape(name: &'static str, export_type: ExportType, key: &'static [&'static str], line: Line) -> Shape {
    Shape {
        name,
        export_type,
        key,
        line,
    }
}
