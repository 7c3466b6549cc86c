//! How a data file of a state is sifted.

use crate::strict::OutputFormat;

/// What a state's entry carries of its record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Payload {
    /// The hash of its image alone.
    Nothing,
    /// Its line as it would be kept.
    Line,
    /// The hash of its image, and the texts of key and image.
    Image,
}

/// As `ApplyOptions` of `exportkit/model/joining.py`, where each is explained.
#[derive(Clone, Debug)]
pub struct ApplyOptions {
    /// How the file is written.
    pub format: OutputFormat,
    /// Bytes a line may hold without its line feed.
    pub max_record_size: usize,
    /// The state's number.
    pub source: u32,
    /// The file's number in it.
    pub file_index: u32,
    /// Names of the key attributes, UTF-8.
    pub key_names: Vec<Vec<u8>>,
    /// What entries carry.
    pub payload: Payload,
    /// Whether lines to keep are handed out, not counted alone.
    pub keep_lines: bool,
}
