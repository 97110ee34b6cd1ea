//! The macro that defines [`Verb`](super::Verb) and [`Action`](super::Action) from the list of verbs.

/// Generates the enum `Verb` (the names) and the enum `Action` (a verb with the data of one step), with all functions
/// that match on every verb.
///
/// Each line of the input gives a variant, the type of the step's data and the verb's name in scenario files. Verbs
/// that contain other steps (`parallel`, `repeat`) are in a second list; their lines also name the method of
/// `ReadVerb` that reads them.
macro_rules! verbs {
    (
        verbs { $( $(#[$about:meta])* $name:ident($model:ty) = $text:literal, )* }
        blocks { $(
            $(#[$block_about:meta])*
            $block:ident($block_model:ty) = $block_text:literal, read by $read:ident,
        )* }
    ) => {
        /// A verb of the language.
        #[derive(Clone, Copy, Debug, Eq, PartialEq)]
        pub enum Verb {
            $( $(#[$about])* $name, )*
            $( $(#[$block_about])* $block, )*
        }

        /// The action of one step: its verb with the data that the step gives to the verb.
        #[derive(Clone, Debug)]
        pub enum Action {
            $( $(#[$about])* $name($model), )*
            $( $(#[$block_about])* $block($block_model), )*
        }

        impl Verb {
            /// All verbs. Verbs that contain other steps (`parallel`, `repeat`) come last.
            pub const ALL: &[Self] = &[ $( Self::$name, )* $( Self::$block, )* ];

            /// Returns the name of the verb in scenario files: `emit`.
            pub const fn name(self) -> &'static str {
                match self {
                    $( Self::$name => $text, )*
                    $( Self::$block => $block_text, )*
                }
            }

            /// Returns the verb with this name.
            pub fn named(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|verb| verb.name() == name)
            }

            /// Returns the name in backticks, for messages.
            pub(in crate::scenario) const fn quoted(self) -> &'static str {
                match self {
                    $( Self::$name => concat!("`", $text, "`"), )*
                    $( Self::$block => concat!("`", $block_text, "`"), )*
                }
            }

            /// Returns a description of what a step with the verb does, in Markdown.
            pub const fn meaning(self) -> &'static str {
                self.spec().meaning
            }

            /// Returns whether a step with the verb names clients with `as:`.
            pub const fn actors(self) -> Actors {
                self.spec().actors
            }

            /// Returns true if a step with the verb can send something to the server.
            pub const fn puts_on_wire(self) -> bool {
                self.spec().puts_on_wire
            }

            /// Returns true if a wrong server can make a step with the verb fail.
            pub const fn can_fail(self) -> bool {
                self.spec().can_fail
            }

            /// Returns the description of the verb.
            pub const fn spec(self) -> VerbSpec {
                match self {
                    $( Self::$name => <$model as VerbModel>::SPEC, )*
                    $( Self::$block => <$block_model>::SPEC, )*
                }
            }

            /// Returns true if a step with the verb can have the key `accept`.
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
            /// Returns the verb of the step.
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
                    $( Self::$block(block) => block.facts(), )*
                }
            }

            /// Returns the steps inside a block (`parallel`, `repeat`). Returns an empty slice for any other verb.
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
