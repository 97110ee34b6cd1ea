//! Makes the types of all verbs from the one list of them.

/// Defines [`Verb`] and [`Action`], and everything that depends on the verb alone.
///
/// Each line of the list has the variant, its model and the name in the language. Blocks come last; they hold other steps,
/// so that they are read by a function of the loader.
macro_rules! verbs {
    (
        verbs { $( $(#[$about:meta])* $name:ident($model:ty) = $text:literal, )* }
        blocks { $(
            $(#[$block_about:meta])*
            $block:ident($block_model:ty) = $block_text:literal, read by $read:ident,
        )* }
    ) => {
        /// The name of what a step does.
        #[derive(Clone, Copy, Debug, Eq, PartialEq)]
        pub enum Verb {
            $( $(#[$about])* $name, )*
            $( $(#[$block_about])* $block, )*
        }

        /// What a step does: a verb and its model.
        #[derive(Clone, Debug)]
        pub enum Action {
            $( $(#[$about])* $name($model), )*
            $( $(#[$block_about])* $block($block_model), )*
        }

        impl Verb {
            /// Every verb, blocks last.
            pub const ALL: &[Self] = &[ $( Self::$name, )* $( Self::$block, )* ];

            /// Returns the name in the language.
            pub const fn name(self) -> &'static str {
                match self {
                    $( Self::$name => $text, )*
                    $( Self::$block => $block_text, )*
                }
            }

            /// Returns the verb of this name.
            pub fn named(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|verb| verb.name() == name)
            }

            /// Returns the name between backticks, for messages.
            pub(in crate::scenario) const fn quoted(self) -> &'static str {
                match self {
                    $( Self::$name => concat!("`", $text, "`"), )*
                    $( Self::$block => concat!("`", $block_text, "`"), )*
                }
            }

            /// Returns what the verb takes.
            pub const fn spec(self) -> VerbSpec {
                match self {
                    $( Self::$name => <$model as VerbModel>::SPEC, )*
                    $( Self::$block => <$block_model>::SPEC, )*
                }
            }

            /// Returns true if the verb takes `accept`.
            pub const fn takes_accept(self) -> bool {
                match self {
                    $( Self::$name => <$model as VerbModel>::TOLERATE.is_some(), )*
                    $( Self::$block => false, )*
                }
            }

            /// Reads a step of this verb.
            pub(in crate::scenario) fn read(self, reader: impl ReadVerb) -> Option<Action> {
                match self {
                    $( Self::$name => reader.read().map(Action::$name), )*
                    $( Self::$block => reader.$read().map(Action::$block), )*
                }
            }
        }

        impl Action {
            /// Returns the verb.
            pub const fn verb(&self) -> Verb {
                match self {
                    $( Self::$name(_) => Verb::$name, )*
                    $( Self::$block(_) => Verb::$block, )*
                }
            }

            /// Returns the facts about the step.
            pub fn facts(&self) -> Facts<'_> {
                match self {
                    $( Self::$name(model) => VerbModel::facts(model), )*
                    $( Self::$block(_) => Facts::of_block(), )*
                }
            }

            /// Returns the steps that a block holds; no steps for any other verb.
            pub fn steps(&self) -> &[Step] {
                match self {
                    $( Self::$name(_) => &[], )*
                    $( Self::$block(block) => &block.steps, )*
                }
            }
        }
    };
}

pub(super) use verbs;
