//! How a topic lists its defects.

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

/// A defect of one topic.
pub(in crate::reference) trait Defect: Copy {
    /// The topic's place in [`super::set::TABLES`].
    const TOPIC: usize;

    /// The defect's place in its topic's table.
    fn place(self) -> u32;
}

/// Declares a topic: its enum of defects, their table, and where the topic stands among the others.
macro_rules! defects {
    ($topic:ident at $place:literal {
        $($defect:ident = $id:literal: $breaks:literal $(, seen $seen:literal)?;)*
    }) => {
        #[doc = "The defects of this topic."]
        #[allow(
            clippy::enum_variant_names,
            reason = "variants are named by what goes wrong, and only some topics would fulfil an expectation"
        )]
        #[derive(Clone, Copy, Debug, Eq, PartialEq)]
        pub(in crate::reference) enum $topic {
            $(#[doc = $breaks] $defect,)*
        }

        impl $crate::reference::faults::table::Defect for $topic {
            const TOPIC: usize = $place;

            fn place(self) -> u32 {
                self as u32
            }
        }

        pub(super) const TABLE: &[$crate::reference::faults::Fault] = &[
            $($crate::reference::faults::Fault {
                id: $id,
                breaks: $breaks,
                seen: $crate::reference::faults::table::seen!($($seen)?),
            },)*
        ];
    };
}

macro_rules! seen {
    () => {
        None
    };
    ($seen:literal) => {
        Some($seen)
    };
}

pub(super) use {defects, seen};
