//! The macros with which a topic (a group of faults in one file) declares its faults, and which
//! join the topics into one list.

/// One fault: something that a server can do wrong.
#[derive(Clone, Copy, Debug)]
pub struct Fault {
    /// The id that scenarios name in `catches:`, such as `room-emit-echoes-to-sender`.
    pub id: &'static str,
    /// What the faulty server does, in one sentence.
    pub breaks: &'static str,
    /// The real server or code pattern that had this fault; `None` if no public example is known.
    pub seen: Option<&'static str>,
}

/// A fault of one topic. Each topic has an enum of its faults that implements this trait.
pub(in crate::reference) trait TopicFault: Copy {
    /// The index of this topic (group of faults) in the list of topics.
    const TOPIC: usize;

    /// Returns the index of this fault in its topic.
    fn index(self) -> u32;
}

/// Declares the faults of one topic: an enum, and a table with the id and the description of each.
macro_rules! faults {
    ($faults:ident {
        $($fault:ident = $id:literal: $breaks:literal $(, seen $seen:literal)?;)*
    }) => {
        #[doc = "The faults of one topic. The topic has the name of this module."]
        #[derive(Clone, Copy, Debug, Eq, PartialEq)]
        pub(in crate::reference) enum $faults {
            $(#[doc = concat!("Fault: ", $breaks)] $fault,)*
        }

        impl $faults {
            /// The id and the description of each fault, in the order of the variants.
            pub(super) const TABLE: &'static [$crate::reference::faults::topic::Fault] = &[
                $($crate::reference::faults::topic::Fault {
                    id: $id,
                    breaks: $breaks,
                    seen: $crate::reference::faults::topic::seen!($($seen)?),
                },)*
            ];
        }
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

/// Declares the topics (groups of faults): for each topic its module, its index and its table of
/// faults.
macro_rules! topics {
    ($($module:ident: $faults:ident,)*) => {
        $(pub(super) mod $module;)*

        /// The topics (groups of faults). The number of each variant is the index of its topic in
        /// `TABLES`.
        #[expect(
            clippy::enum_variant_names,
            reason = "each variant has the name of an enum of faults, so every name ends in `Fault`"
        )]
        enum Topic {
            $($faults,)*
        }

        $(
            impl topic::TopicFault for $module::$faults {
                const TOPIC: usize = Topic::$faults as usize;

                fn index(self) -> u32 {
                    self as u32
                }
            }
        )*

        /// The table of faults of each topic, at the index of the topic.
        const TABLES: &[&[Fault]] = &[$($module::$faults::TABLE,)*];
    };
}

pub(super) use {faults, seen, topics};
