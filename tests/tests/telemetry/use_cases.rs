//! What a log shows of a use case.

use std::fmt::Debug;
use std::sync::Arc;

use handlers::composition::Composition;
use handlers::notify::{Evaluator, Notifier, Previewer, WhatIf};
use tests::world::World;

/// `{:?}` of a use case is the name of its type and that there is more.
#[track_caller]
fn assert_named<T: Debug>(use_case: &T) {
    let name = std::any::type_name::<T>().rsplit("::").next().unwrap();
    assert_eq!(format!("{use_case:?}"), format!("{name} {{ .. }}"));
}

#[test]
fn a_use_case_is_shown_by_its_name_and_without_what_is_behind_its_ports() {
    let world = Arc::new(World::default());
    let notifier: Notifier = world.notifier();
    let evaluator: Evaluator = world.evaluator();
    let previewer: Previewer = world.previewer();
    let what_if: WhatIf = world.what_if();
    assert_named(&evaluator);
    assert_named(&previewer);
    assert_named(&what_if);
    assert_named(&world.appender());
    assert_named(&world.projector());
    assert_named(&world.redriver());
    assert_named(&world.replayer());
    // Settings help the reader of a log and hold no secret.
    let settings = format!("{:?}", world.settings());
    let expected = format!("Notifier {{ settings: {settings}, .. }}");
    assert_eq!(format!("{notifier:?}"), expected);
}
