//! What the operator promises, in each kind of environment and on each kind of server. `docs/servers.md` is made from it.

mod behaviour;
mod drifting;
mod targeting;

/// The tests of one combination.
macro_rules! tests {
    ($server:ident, $versioned:literal, $room:ident: $($behaviour:ident),+ $(,)?) => {$(
        #[tokio::test]
        async fn $behaviour() {
            let plan = crate::support::Case::plan().on(crate::support::Server::$server).versioned($versioned);
            crate::matrix::$room::$behaviour(plan).await;
        }
    )+};
}

macro_rules! combinations {
    ($($module:ident = $server:ident),+ $(,)?) => {$(
        mod $module {
            mod unversioned {
                behaviours!($server, false);
            }
            mod versioned {
                behaviours!($server, true);
            }
        }
    )+};
}

macro_rules! behaviours {
    ($server:ident, $versioned:literal) => {
        tests!($server, $versioned, behaviour:
            the_connection_says_how_flags_are_written,
            a_flag_is_served_as_its_manifest_says,
            every_kind_of_value_is_served,
            an_edit_is_one_write,
            a_value_is_taken_away_and_given_again,
            a_field_that_is_left_out_is_never_written,
            a_flag_is_deleted_with_its_object,
            an_environment_is_made_with_its_secret,
            a_resync_writes_nothing,
        );
        tests!($server, $versioned, drifting:
            drift_is_corrected,
            a_flag_that_was_deleted_is_made_again,
            a_state_that_was_deleted_is_put_back,
            an_environment_whose_kind_is_switched_is_still_written,
        );
        tests!($server, $versioned, targeting:
            weights_are_served,
            segments_are_served_in_their_order,
            an_edit_of_overrides_is_one_write,
            drift_of_an_override_is_corrected,
            what_nobody_speaks_of_stays,
            identities_are_served_their_own,
        );
    };
}

combinations! {
    current = Current,
    before_future = BeforeFuture,
    before_update_flag = BeforeUpdateFlag,
    unnamed = Unnamed,
    gateway = Gateway,
    one_project = OneProject,
    lagging = Lagging,
}
