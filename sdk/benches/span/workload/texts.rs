//! Text that the compiler does not know.

const COUNT: usize = 64;
const BYTES_MIN: usize = 20;
const BYTES_SPREAD: usize = 10;

/// Texts of 20-29 bytes, made before the measurement so that making them costs no contestant anything.
#[derive(Debug)]
pub(crate) struct Texts([String; COUNT]);

impl Texts {
    pub(crate) fn new() -> Self {
        let letters = |seed: usize| (0..BYTES_MIN + seed % BYTES_SPREAD).map(move |at| b'a' + ((seed + at) % 26) as u8);
        Self(std::array::from_fn(|seed| letters(seed).map(char::from).collect()))
    }

    /// The text number `index`, which may be any number.
    #[inline]
    pub(crate) fn get(&self, index: i64) -> &str {
        &self.0[index.unsigned_abs() as usize % COUNT]
    }
}
