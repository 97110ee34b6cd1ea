//! Deliberate defects, each with an id that scenarios name in `catches:`.

/// One defect.
#[derive(Clone, Copy, Debug)]
pub struct Fault {
    /// `room-emit-echoes-to-sender`.
    pub id: &'static str,
    /// What the server does wrong, in one sentence.
    pub breaks: &'static str,
    /// Where a real server did this, if that is public.
    pub seen: Option<&'static str>,
}

/// All faults there are, sorted by id.
pub static FAULTS: &[Fault] = &[];

/// The faults switched on in one server.
#[derive(Clone, Debug, Default)]
pub struct FaultSet {}

impl FaultSet {
    /// The set of these ids.
    ///
    /// # Errors
    ///
    /// The first id that does not exist.
    pub fn from_ids<'a>(ids: impl IntoIterator<Item = &'a str>) -> Result<Self, String> {
        let _ = ids;
        todo!()
    }
}
