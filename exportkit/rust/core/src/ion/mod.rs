//! Ion 1.0 text, as DynamoDB exports hold it: one record a line.
//!
//! [`record`] reads a record in one pass and tells a visitor what is in it; the other modules read
//! tokens. Nothing is looked up twice on the way that AWS writes: names are recognised by their bytes,
//! strings and base64 stand where they stand, and decimals are checked without being computed.
//! What a record is faulty of is found by reading it again: [`nesting`] and [`outline`] judge the line as
//! a whole, and the reading itself the rest, in the order of the document.

mod cursor;
mod lob;
mod nesting;
mod numeric;
mod outline;
mod record;
mod symbol;
mod symbols;
mod syntax;
mod text;
mod value;

pub use record::IonParser;

#[cfg(test)]
mod tests;
